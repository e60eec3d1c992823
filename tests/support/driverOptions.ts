/** A change of each driver option, for the tests that iterate over the table of options. */
import type { ContainerInspectInfo } from "dockerode";
import { containerOptions } from "../../provider/resources/docker-container/node/containerOptions";
import type { DesiredNode } from "../../provider/resources/docker-container/desired";
import type { DriverOptions } from "../../provider/buildx/driverOptions";
import type { EngineTraits } from "../../provider/docker/engine/engine";
import type { Owner } from "../../provider/ownership";

/** The options before and after the change. They differ in one option. Its new value is in its shortest spelling. */
export const changeOf: { readonly [Key in keyof Required<DriverOptions>]: readonly [DriverOptions, DriverOptions] } = {
    image: [{}, { image: "moby/buildkit:v0.1" }],
    memory: [
        { memory: "1g", memorySwap: "3g" },
        { memory: "2g", memorySwap: "3g" },
    ],
    memorySwap: [{ memory: "1g" }, { memory: "1g", memorySwap: "-1" }],
    cpuQuota: [{}, { cpuQuota: 60000 }],
    cpuPeriod: [{ cpuPeriod: 90000 }, { cpuPeriod: 50000 }],
    cpuShares: [{}, { cpuShares: 512 }],
    cpusetCpus: [{ cpusetCpus: "0" }, { cpusetCpus: "0-1" }],
    cpusetMems: [{}, { cpusetMems: "0" }],
    defaultLoad: [{}, { defaultLoad: true }],
    network: [{}, { network: "mine" }],
    cgroupParent: [{}, { cgroupParent: "/docker/other" }],
    restartPolicy: [{ restartPolicy: "no" }, { restartPolicy: "on-failure:3" }],
    env: [{ env: { A: "1" } }, { env: { A: "2", B: "" } }],
    provenanceAddGha: [{}, { provenanceAddGha: false }],
    allowUntrustedImage: [{}, { allowUntrustedImage: true }],
};

/** What an engine adds to a container, or reports differently from the request. */
export interface Added {
    env?: string[];
    labels?: Record<string, string>;
    host?: object;
    image?: string;
}

export const containerId = "47c8e556175d8c0430f63ab5a5d8eed8016a90236ab3dbf80ba66ac98e2b3b15";

/** Returns the inspection of a container that an engine creates from a node's options. */
export function made(node: DesiredNode, owner: Owner, engine: EngineTraits, added: Added = {}): ContainerInspectInfo {
    const { Image, Env, Cmd, Labels, HostConfig } = containerOptions(node, owner, engine);
    const { DeviceRequests: _, ...host } = HostConfig as object as { DeviceRequests: unknown };
    return {
        Id: containerId,
        Config: {
            Hostname: containerId.slice(0, 12),
            Image: added.image ?? Image,
            Cmd,
            Env: [...(Env ?? []), ...(added.env ?? [])],
            Labels: { ...Labels, ...added.labels },
        },
        HostConfig: { ...host, ...added.host },
        Mounts: [],
    } as unknown as ContainerInspectInfo;
}
