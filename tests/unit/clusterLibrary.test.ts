import { strict as assert } from "node:assert";
import { checkout } from "../support/project";
import { must } from "../support/run";

/** Loads the library in a new process, and then the whole package. Prints what was loaded at first, and what works. */
const program = `
    const { registerHooks } = require("node:module");
    const loaded = [];
    const hooks = registerHooks({
        load: (url, context, next) => {
            loaded.push(url);
            return next(url, context);
        },
    });
    require("./provider/cluster/library").loadLibrary().then(({ KubeConfig, Exec }) => {
        hooks.deregister();
        const first = loaded.filter((url) => url.includes("/client-node/"));
        const whole = require("@kubernetes/client-node");
        const config = new KubeConfig();
        config.loadFromString(JSON.stringify({
            "current-context": "a",
            clusters: [{ name: "a", cluster: { server: "https://a.example" } }],
            users: [{ name: "a", user: {} }],
            contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
        }));
        console.log(JSON.stringify({
            first,
            same: whole.KubeConfig === KubeConfig && whole.Exec === Exec,
            api: typeof config.makeApiClient(whole.CoreV1Api).listNamespacedPod,
            models: typeof whole.V1Pod,
        }));
    });
`;

describe("the client library of Kubernetes", () => {
    it("is loaded without its models, and other users of it in the process get all of it", async () => {
        const args = ["--require", "ts-node/register/transpile-only", "--eval", program];
        const found = JSON.parse(await must(process.execPath, args, { cwd: checkout })) as Record<string, unknown> & {
            first: string[];
        };
        const { first, ...others } = found;
        assert.ok(first.some((url) => url.endsWith("/dist/config.js")));
        assert.deepEqual(
            first.filter((url) => /\/gen\/(models|apis\/\w+Api|types)/.test(url)),
            [],
        );
        assert.deepEqual(others, { same: true, api: "function", models: "function" });
    });
});
