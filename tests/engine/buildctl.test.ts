import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { Buildctl } from "../../provider/buildkit/buildctl";
import { prune } from "../../provider/buildkit/prune";
import { countRunningBuilds } from "../../provider/buildkit/runningBuilds";
import { queryUsage } from "../../provider/buildkit/usage";
import { queryWorkers, NotReadyError } from "../../provider/buildkit/workers";
import { inContainer } from "../../provider/docker/buildkitd/inContainer";
import { findEndpoint } from "../../provider/docker/endpoint/endpoint";
import { connect } from "../../provider/docker/engine/engine";
import { docker, inspectContainer } from "../support/docker";
import { longBuild } from "../support/image";
import { stock } from "../support/privateImage";
import { run } from "../support/run";
import { withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** A `buildctl` that has no part in the buildkitd's own container: it knows its address alone. */
const overTcp = (address: string): Buildctl => ({
    name: address,
    where: address,
    run: async (args) => {
        const client = ["run", "--rm", "--network", "host", "--entrypoint", "buildctl", stock, "--addr", address];
        const { code, stdout, output } = await run("docker", [...client, ...args]);
        return { exitCode: code, stdout, stderr: output.slice(stdout.length) };
    },
});

const isReady = (buildctl: Buildctl): Promise<boolean> =>
    queryWorkers(buildctl).then(
        () => true,
        (error: unknown) => {
            assert.ok(error instanceof NotReadyError);
            return false;
        },
    );

describe("a buildkitd", () => {
    it(
        "gives the same answers in its container and at an address",
        withStack(async (stack) => {
            const container = containerOf(stack.unique);
            const flags = ["--addr", "unix:///run/buildkit/buildkitd.sock", "--addr", "tcp://0.0.0.0:1234"];
            await docker(["run", "--detach", "--privileged", "--name", container, stock, ...flags]);
            const found = await inspectContainer(container);
            const address = `tcp://${found?.NetworkSettings.Networks.bridge?.IPAddress}:1234`;
            const inside = inContainer(await connect(await findEndpoint(undefined)), container);
            const outside = overTcp(address);
            while (!(await isReady(outside))) await sleep(50);

            const workers = await queryWorkers(outside);
            assert.match(workers.version, /^v\d/);
            assert.deepEqual(await queryWorkers(inside), workers);

            await stack.buildx("create", "--name", stack.unique, "--driver", "remote", address);
            const { ended } = await longBuild(stack, 5);
            assert.deepEqual([await countRunningBuilds(inside), await countRunningBuilds(outside)], [1, 1]);
            await ended;
            assert.deepEqual([await countRunningBuilds(inside), await countRunningBuilds(outside)], [0, 0]);

            const usage = await queryUsage(outside);
            assert.ok(usage.reclaimable > 0);
            assert.deepEqual(await queryUsage(inside), usage);
            const { records } = await prune(outside, { all: true });
            assert.ok(records > 0);
            assert.equal((await queryUsage(inside)).total, 0);

            await docker(["stop", container]);
            for (const buildctl of [inside, outside]) await assert.rejects(queryWorkers(buildctl), NotReadyError);
            await assert.rejects(queryUsage(outside), {
                message: new RegExp(`^the cache usage of ${address} cannot be queried: `),
            });
            await assert.rejects(prune(outside, {}), {
                message: new RegExp(`^buildctl prune in ${address} failed with exit code 1: `),
            });
            assert.deepEqual([await countRunningBuilds(inside), await countRunningBuilds(outside)], [0, 0]);
        }),
    );
});
