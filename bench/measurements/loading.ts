import type { Measurement } from "../measurement";
import { inNode, memoryOf, timeOf } from "../support/node";
import { sideBySide } from "../support/rounds";

const sdk = "@pulumi/pulumi";
const rounds = 7;

export const loadingTime: Measurement = {
    name: "load",
    what: "load the package into a program that has @pulumi/pulumi",
    beside: "loading @pulumi/pulumi",
    unit: "ms",
    goal: { of: "ours", most: 40 },
    run: () =>
        sideBySide(
            rounds,
            () => inNode(timeOf(["pulumi-buildx"], [sdk])),
            () => inNode(timeOf([sdk])),
        ),
};

export const loadingMemory: Measurement = {
    name: "load-memory",
    what: "memory of a program with the package, beyond that with @pulumi/pulumi alone",
    beside: "a program with @pulumi/pulumi alone",
    unit: "MB",
    goal: { of: "ours", most: 15 },
    async run() {
        const { ours: both, beside = 0 } = await sideBySide(
            rounds,
            () => inNode(memoryOf([sdk, "pulumi-buildx"])),
            () => inNode(memoryOf([sdk])),
        );
        return { ours: both - beside, beside };
    },
};

/**
 * Everything that a builder needs from creation to removal, including the engine's client and the lock of the store.
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
            () => inNode(implementation),
            () => inNode(timeOf([sdk])),
        ),
};
