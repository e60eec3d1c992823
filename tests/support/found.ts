import { checkout } from "./project";
import { run } from "./run";

/**
 * Returns the id of the engine that the package finds in an environment, or why it finds none. Runs in a separate
 * process.
 */
export async function found(
    env: NodeJS.ProcessEnv,
    asked?: string,
): Promise<{ id?: string; error?: string; ms: number }> {
    const options = { env: { ...env, ...(asked !== undefined && { ASKED: asked }) }, cwd: checkout };
    const { code, output, stdout } = await run("node", ["-e", finder], options);
    if (code !== 0) throw new Error(output);
    return JSON.parse(stdout);
}

/** The program that looks for the engine. It runs in the checkout's folder. */
export const finder = `
const { findEndpoint } = require("./dist/provider/docker/endpoint/endpoint");
const { connect } = require("./dist/provider/docker/engine/engine");
const start = performance.now();
const say = (what) => {
    console.log(JSON.stringify({ ...what, ms: performance.now() - start }));
    process.exit();
};
findEndpoint(process.env.ASKED).then(connect).then((engine) => engine.api.info()).then(
    ({ ID }) => say({ id: ID }),
    ({ message }) => say({ error: message }),
);`;
