import type { Measurement } from "../measurement";
import { runInNode, loadMemoryScript, loadTimeScript } from "../support/node";
import { sideBySide } from "../support/rounds";

const sdk = "@pulumi/pulumi";
const rounds = 5;

export const loadingTime: Measurement = {
    name: "load",
    what: "load the package into a program that has loaded @pulumi/pulumi",
    beside: "loading @pulumi/pulumi",
    unit: "ms",
    goal: { of: "ours", most: 40 },
    run: () =>
        sideBySide(
            rounds,
            () => runInNode(loadTimeScript(["pulumi-buildx"], [sdk])),
            () => runInNode(loadTimeScript([sdk])),
        ),
};

export const loadingMemory: Measurement = {
    name: "load-memory",
    what: "memory that the package adds to a program with @pulumi/pulumi",
    beside: "a program with @pulumi/pulumi alone",
    unit: "MB",
    goal: { of: "ours", most: 15 },
    async run() {
        const { ours: both, beside = 0 } = await sideBySide(
            rounds,
            () => runInNode(loadMemoryScript([sdk, "pulumi-buildx"])),
            () => runInNode(loadMemoryScript([sdk])),
        );
        return { ours: both - beside, beside };
    },
};

/**
 * Everything that a builder needs from creation to removal, including the engine's client and the lock of the store, if
 * the engine has its image and no file is copied into its container.
 */
const implementation = `
    require("@pulumi/pulumi");
    const start = performance.now();
    require("./dist/provider/bridges/dynamic");
    require("./dist/provider/resources/docker-container/lifecycle");
    require("koffi");
    require("./dist/provider/docker/engine/client").loadClient().then(() => console.log(performance.now() - start));
`;

export const loadingImplementation: Measurement = {
    name: "load-provider",
    what: "load the implementation into the provider process",
    beside: "loading @pulumi/pulumi",
    unit: "ms",
    goal: { of: "ours", most: 120 },
    run: () =>
        sideBySide(
            rounds,
            () => runInNode(implementation),
            () => runInNode(loadTimeScript([sdk])),
        ),
};
