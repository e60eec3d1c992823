/** The size of a state: types for users, and the measurement. */
import { randomBytes } from "node:crypto";
import type { ContainerInspectInfo } from "dockerode";
import { abortedBySignals } from "../../transfer/signals";
import { stateFolder } from "../../buildkit/stateFolder";
import { queryUsage, type Usage } from "../../buildkit/usage";
import { otherDriver, otherDriverOf, whyOtherDriver } from "../../buildx/otherDriver";
import { driverDefaults } from "../../buildx/driverOptions";
import { canonicalName, containerName, nodeName, volumeName, whyIllegalName } from "../../buildx/names";
import { readRecord } from "../../buildx/store";
import { bootAtRest } from "../../docker/buildkitd/atRest";
import { defaultBootTimeout } from "../../docker/buildkitd/boot";
import { inContainer } from "../../docker/buildkitd/inContainer";
import { inspectContainer, isRunning } from "../../docker/engine/container";
import { type Endpoint, findEndpoint, recordedEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Engine } from "../../docker/engine/engine";
import { execInContainer } from "../../docker/engine/exec";
import { inspectImage } from "../../docker/engine/image";
import { inspectVolume, volumeSizes } from "../../docker/engine/volume";
import type { CacheUsage, GetStateArgs, StateUsage } from "./outputs";

export async function stateUsage(args: GetStateArgs): Promise<StateUsage> {
    if (canonicalName(args.builderName) === "default") throw new Error(whyNotMeasured("default", "docker"));
    const illegal = [args.builderName, args.node].flatMap((name) => (name && whyIllegalName(name)) || []);
    if (illegal[0] !== undefined) throw new Error(illegal[0]);
    const builderName = canonicalName(args.builderName);
    const node = canonicalName(args.node ?? nodeName(builderName, 0));
    const engine = await connect(await endpointOf(args, builderName, node));
    const [container, volume] = await Promise.all([
        inspectContainer(engine, containerName(node)),
        inspectVolume(engine, volumeName(node)),
    ]);
    if (volume === undefined) {
        const other = await otherDriver(builderName);
        if (other !== undefined) throw new Error(whyNotMeasured(builderName, other));
        throw new Error(
            `state of node ${node} of builder "${builderName}" not found on ${engine.endpoint.host}: ` +
                `volume ${volumeName(node)} does not exist. List volumes with: docker volume ls`,
        );
    }
    if (container?.State.Paused) {
        throw new Error(
            `the state of node ${node} of builder "${builderName}" cannot be measured: container ${containerName(node)} on ` +
                `${engine.endpoint.host} is paused. Unpause it with: docker unpause ${containerName(node)}`,
        );
    }
    const runs = isRunning(container);
    const found = runs
        ? await measure(engine, containerName(node))
        : await measureAtRest(engine, volumeName(node), container);
    return {
        builderName,
        node,
        volumeName: volumeName(node),
        status: container === undefined ? "inactive" : runs ? "running" : "stopped",
        ...found,
    };
}

async function endpointOf({ endpoint, tls }: GetStateArgs, builder: string, node: string): Promise<Endpoint> {
    if (endpoint !== undefined) return findEndpoint(endpoint, tls);
    const record = await readRecord(builder);
    const other = record.is === "present" ? otherDriverOf(record.nodeGroup) : undefined;
    if (other !== undefined) throw new Error(whyNotMeasured(builder, other));
    const stored = record.is === "present" ? record.nodeGroup.Nodes.find(({ Name }) => Name === node) : undefined;
    return stored === undefined ? findEndpoint(undefined, tls) : recordedEndpoint(stored.Endpoint);
}

const whyNotMeasured = (builder: string, other: string) =>
    whyOtherDriver(
        `the state of builder "${builder}" cannot be measured`,
        other,
        `docker buildx du --builder ${builder}`,
    );

type Measured = Pick<StateUsage, "sizeOnDisk" | "usage">;

async function measure(engine: Engine, container: string, signal?: AbortSignal): Promise<Measured> {
    const [usage, sizeOnDisk] = await Promise.all([
        queryUsage(inContainer(engine, container), signal),
        folderSize(engine, container, signal),
    ]);
    return { sizeOnDisk, usage: cacheUsage(usage) };
}

const cacheUsage = ({ total, reclaimable, byType, lastUsed }: Usage): CacheUsage => ({
    total,
    reclaimable,
    byType: { ...byType },
    ...(lastUsed && { lastUsedAt: lastUsed.toISOString() }),
});

/** Returns the size of the state folder in bytes, without the file systems that running builds have mounted in it. */
async function folderSize(engine: Engine, container: string, signal: AbortSignal | undefined): Promise<number> {
    const command = ["du", "-skx", stateFolder];
    const { exitCode, stdout, stderr } = await execInContainer(engine, container, command, signal);
    const kilobytes = Number(/^\d+/.exec(stdout)?.[0]);
    if (!Number.isNaN(kilobytes)) return kilobytes * 1024; // if files are removed during the run, du exits with 1
    throw new Error(
        `the state in ${container} on ${engine.endpoint.host} cannot be measured: du exited with code ${exitCode}: ${stderr.trim()}`,
    );
}

/**
 * Measures a state whose builder does not run, with a temporary buildkitd. If the program receives SIGINT or SIGTERM,
 * its container is removed. If the engine has no BuildKit image, only the size on disk is measured.
 */
async function measureAtRest(
    engine: Engine,
    volume: string,
    container: ContainerInspectInfo | undefined,
): Promise<Measured> {
    const image = container?.Image ?? driverDefaults.image;
    if ((await inspectImage(engine, image)) === undefined) {
        const sizes = await volumeSizes(engine, AbortSignal.timeout(defaultBootTimeout * 1000));
        return { sizeOnDisk: sizes.get(volume) ?? 0 };
    }
    const name = `${volume}_usage_${randomBytes(4).toString("hex")}`;
    return abortedBySignals(async (signal) => {
        const buildkitd = await bootAtRest(engine, { name, volume, image, seconds: defaultBootTimeout, signal });
        try {
            return await measure(engine, name, signal);
        } finally {
            await buildkitd.end();
        }
    });
}
