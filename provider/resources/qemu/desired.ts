import { createHash } from "node:crypto";
import { defaultPull, type Pull } from "../../args/image";
import type { Owner } from "../../ownership";
import { dynamicUrn } from "../../text/urn";
import type { TlsArguments } from "../../docker/endpoint/tls";
import { architecturesOf } from "./architectures";
import { defaultImage, type EmulationArguments } from "./args";

/** An emulation as the program declares it, with all defaults filled in. */
export interface DesiredEmulation {
    readonly owner: Owner;
    /** The name of the container that runs the image, and of the owner's volume. Unique for each resource. */
    readonly name: string;
    /** If `undefined`, the endpoint that the docker CLI would use. */
    readonly endpoint: string | undefined;
    readonly image: string;
    /** The architectures to emulate. `"all"`: every one that the image has and the host cannot run by itself. */
    readonly architectures: readonly string[] | "all";
    readonly savedOnly: SavedOnly;
}

/** Settings that the engine does not store. They are kept in Pulumi's state for later steps. */
export interface SavedOnly {
    readonly image: string;
    readonly pull: Pull;
    readonly tls: TlsArguments | undefined;
}

export function desiredEmulation(args: EmulationArguments, owner: Owner): DesiredEmulation {
    const { platforms, endpoint, tls, image = defaultImage, pull = defaultPull } = args;
    const digest = createHash("sha256")
        .update(JSON.stringify([dynamicUrn(owner.urn), owner.store]))
        .digest("hex");
    return {
        owner,
        name: `pulumi-buildx-qemu-${digest.slice(0, 12)}`,
        endpoint,
        image,
        architectures: platforms === undefined ? "all" : architecturesOf(platforms),
        savedOnly: { image, pull, tls },
    };
}
