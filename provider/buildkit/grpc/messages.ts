/** The messages of BuildKit's API that this package reads (buildkit: `api/services/control/control.proto`). */
import { Root } from "protobufjs/light";
import type { Platform } from "../../text/platform";
import type { Workers } from "../workers";

const field = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ ...field(type, id), rule: "repeated" });

const root = Root.fromJSON({
    nested: {
        ListWorkersRequest: { fields: {} },
        ListWorkersResponse: { fields: { record: repeated("WorkerRecord", 1) } },
        WorkerRecord: {
            fields: { platforms: repeated("Platform", 3), buildkitVersion: field("BuildkitVersion", 5) },
        },
        Platform: {
            fields: {
                architecture: field("string", 1),
                os: field("string", 2),
                variant: field("string", 3),
                osVersion: field("string", 4),
            },
        },
        BuildkitVersion: { fields: { version: field("string", 2) } },
    },
});

/** The call that lists the workers of a buildkitd. */
export const listWorkers = "/moby.buildkit.v1.Control/ListWorkers";

interface WorkerRecord {
    readonly platforms: readonly { architecture: string; os: string; variant: string; osVersion: string }[];
    readonly buildkitVersion?: { readonly version: string } | null;
}

export const encodeRequest = (): Buffer => Buffer.from(root.lookupType("ListWorkersRequest").encode({}).finish());

export function decodeWorkers(bytes: Buffer): Workers {
    const type = root.lookupType("ListWorkersResponse");
    const { record } = type.toObject(type.decode(bytes), { defaults: true }) as { record: readonly WorkerRecord[] };
    return {
        platforms: record.flatMap(({ platforms }) => platforms.map(platformOf)),
        version: record[0]?.buildkitVersion?.version ?? "",
        isUnbounded: false, // only matters for a daemon whose configuration this package writes
    };
}

const platformOf = ({ architecture, os, variant, osVersion }: WorkerRecord["platforms"][number]): Platform => ({
    architecture,
    os,
    ...(osVersion !== "" && { "os.version": osVersion }),
    ...(variant !== "" && { variant }),
});
