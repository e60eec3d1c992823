import { strict as assert } from "node:assert";
import { leftovers } from "../support/docker";
import { build, context, silentImage } from "../support/image";
import { processesOf } from "../support/processes";
import { builder, resources } from "../support/program";
import { type Project, withProject } from "../support/project";
import { type Call, startProxy } from "../support/proxy";
import { run } from "../support/run";
import { type Stack, withStack } from "../support/stack";

type When = (call: Call, calls: readonly Call[]) => boolean;

/** The call to the engine after which the process is killed. The process does not get the response. */
const moments = {
    "the volume is created": (call) => call === "POST /volumes/create",
    "the container is created": (call) => call === "POST /containers/create",
    "the container is started": (call) => /^POST \/containers\/.*\/start$/.test(call),
    "BuildKit is asked whether it is ready": (call) => /^POST \/containers\/.*\/exec$/.test(call),
} satisfies Record<string, When>;

/** The last call before Pulumi's engine gets the response. The container, the volume and the record exist by then. */
const isLast: When = (call, calls) =>
    call.startsWith("GET /images/") && calls.some((each) => /^GET \/exec\/.*\/json$/.test(each));

const fixed = ({ unique }: Stack) => ({ b: builder({ name: `${unique}-fixed` }) });
const automatic = ({ unique }: Stack) => ({ [`${unique}-auto`]: builder() });
const nameOf = (resource: string) => `\${${resource}.name}`;

const program = (stack: Stack, all: ReturnType<typeof fixed | typeof automatic>) =>
    stack.program(resources(all, Object.fromEntries(Object.keys(all).map((each) => [each, nameOf(each)]))));

/** The program of one builder. The program exports the name of the builder. */
const one = (stack: Stack, args: object = {}) => program(stack, { b: builder({ name: stack.unique, ...args }) });

/** Asserts that each builder has its container, its volume and its record, and that nothing else is left. */
async function hasAll(project: Project): Promise<void> {
    const names = Object.values(await project.outputs<Record<string, string>>());
    const containers = names.map((name) => `buildx_buildkit_${name}0`);
    assert.deepEqual(
        (await leftovers(project.unique)).sort(),
        containers.flatMap((name) => [name, `${name}_state`]).sort(),
    );
    assert.deepEqual((await project.records()).sort(), names.sort());
}

async function isWhole(stack: Stack): Promise<void> {
    await hasAll(stack);
    await stack.preview("--expect-no-changes");
}

/** The parts of a command line that identify a process. */
const plugin = "plugin/main.js";
const dynamicProvider = "dynamic-provider";

async function killed(project: Project, part: string, when: When): Promise<void> {
    const proxy = await startProxy(project.folder);
    project.env.DOCKER_HOST = proxy.host;
    let isKilled = false;
    let pids: number[] = [];
    proxy.decide = async (call) => {
        if (isKilled || !when(call, proxy.calls)) return "pass";
        isKilled = true;
        pids = await processesOf(project, part);
        // The process is stopped before it gets the response, and killed when the engine has handled the request.
        for (const pid of pids) process.kill(pid, "SIGSTOP");
        setTimeout(() => {
            for (const pid of pids) process.kill(pid, "SIGKILL");
        }, 400);
        return "drop";
    };
    await project.failing("up");
    assert.ok(pids.length > 0, "no process was killed");
    proxy.decide = () => "pass";
    await proxy.stop();
    delete project.env.DOCKER_HOST;
}

describe("a provider that is killed", () => {
    for (const [moment, when] of Object.entries(moments)) {
        it(
            `when ${moment} leaves only what the next up takes over, with a fixed and an automatic name`,
            withStack(async (stack) => {
                await program(stack, { ...fixed(stack), ...automatic(stack) });
                await killed(stack, plugin, when);
                await stack.up();
                await isWhole(stack);
            }),
        );
    }

    it(
        "when all is created under an automatic name: the next up completes the builder",
        withStack(async (stack) => {
            await program(stack, automatic(stack));
            await killed(stack, plugin, isLast);
            await stack.up();
            await isWhole(stack);
        }),
    );

    // The container always runs, or the engine starts it again and again: its inspection does not show the problem.
    const broken: Record<string, (stack: Stack) => Promise<object>> = {
        exits: async () => ({ buildkitdFlags: ["--no-such-flag"] }),
        "never responds": async (stack) => ({ driverOpts: { image: await silentImage(stack) } }),
    };
    for (const [what, argsOf] of Object.entries(broken)) {
        it(
            `while it waits for a buildkitd that ${what}: the next up saves the builder with the reason`,
            withStack(async (stack) => {
                await one(stack, { bootTimeout: 3, ...(await argsOf(stack)) });
                await killed(stack, plugin, moments["the container is started"]);
                await stack.failing("up");
                const [{ id, initErrors = [] } = assert.fail("Pulumi's state does not know it")] = await stack.state();
                assert.equal(id, stack.unique);
                assert.match(initErrors.join(), /BuildKit did not boot/);
                await one(stack);
                await stack.up();
                await isWhole(stack);
                await stack.destroy();
                assert.deepEqual(await leftovers(stack.unique), []);
                await run("docker", ["image", "rm", "--force", `${stack.unique}:silent`]);
            }),
        );
    }

    it(
        "while the container is recreated: the next up keeps the cache",
        withStack(async (stack) => {
            await one(stack);
            await stack.up();
            const folder = await context(stack);
            await build(stack, stack.unique, folder);
            await one(stack, { driverOpts: { env: { A: "1" } } });
            await killed(stack, plugin, (call) => call.startsWith("DELETE /containers/"));
            await stack.up();
            await isWhole(stack);
            assert.equal((await build(stack, stack.unique, folder)).cached, 3);
        }),
    );
});

describe("a process of Pulumi that is killed while a builder is created", () => {
    const automaticName = 'exports.automatic = new buildx.BuildxBuilder(unique + "-auto").name;';

    it(
        "(the dynamic provider) leaves only what the next up takes over",
        withProject(async (project) => {
            await project.program(automaticName);
            await killed(project, dynamicProvider, moments["the container is started"]);
            await project.up();
            await hasAll(project);
        }),
    );

    it(
        "(all of Pulumi) leaves only what refresh and up take over",
        withProject(async (project) => {
            await project.program(automaticName);
            await killed(project, "pulumi", moments["the container is started"]);
            await project.try("cancel", "--yes");
            await project.try("refresh", "--clear-pending-creates");
            await project.up();
            await hasAll(project);
        }),
    );
});
