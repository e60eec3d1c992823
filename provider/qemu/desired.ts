import { createHash } from "node:crypto";
import type { Owner } from "../docker/ownership";
import type { TlsArguments } from "../docker/tls";
import { architectureOf } from "./architectures";
import { defaultImage, type QemuInputs } from "./inputs";

/** An emulation as the program asks for it, every default filled in. */
export interface DesiredEmulation {
    readonly owner: Owner;
    /** Of the container that calls the image, and of the volume that claims emulators: no other resource's. */
    readonly name: string;
    /** `undefined`: what the docker CLI would use. */
    readonly endpoint: string | undefined;
    readonly image: string;
    /** `"all"`: those that the image has and the host cannot run by itself. */
    readonly architectures: readonly string[] | "all";
    readonly later: Later;
}

/** What nothing on the engine shows and a later step goes by. */
export interface Later {
    readonly image: string;
    readonly pull: "missing" | "always";
    readonly tls: TlsArguments | undefined;
}

export function desireEmulation(inputs: QemuInputs, owner: Owner): DesiredEmulation {
    const { platforms, endpoint, tls, image = defaultImage, pull = "missing" } = inputs;
    const digest = createHash("sha256")
        .update(JSON.stringify([owner.urn, owner.store]))
        .digest("hex");
    return {
        owner,
        name: `pulumi-buildx-qemu-${digest.slice(0, 12)}`,
        endpoint,
        image,
        architectures:
            platforms === undefined ? "all" : [...new Set(platforms.flatMap((each) => architectureOf(each) ?? []))],
        later: { image, pull, tls },
    };
}
