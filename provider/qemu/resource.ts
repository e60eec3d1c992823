import type * as pulumi from "@pulumi/pulumi";
import { BuildxResource } from "../bridges/dynamic/resource";
import { withSecretKeys } from "../args/secretKeys";
import type { TlsArgs } from "../state/resource";

/** Arguments of a {@link QemuEmulation}. */
export interface QemuEmulationArgs {
    /**
     * Platforms that the engine's host is to run, `"linux/arm64"` or `"arm64"`: `386`, `amd64`, `arm`, `arm64`, `loong64`,
     * `mips64`, `mips64le`, `ppc64le`, `riscv64`, `s390x`. What it runs already is left as it is.
     * Default: all that the image has.
     */
    platforms?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * The engine on whose host they run: a docker context's name, or a host URL (`unix://`, `tcp://`, `ssh://`).
     * Default: what the docker CLI would use.
     */
    endpoint?: pulumi.Input<string>;
    /** What to connect with to a `tcp://` endpoint. Default: what the docker CLI would use. */
    tls?: TlsArgs;
    /**
     * The image with the emulators, which is called as `tonistiigi/binfmt` is. Where it changes, what the resource
     * registered is registered anew from it. Default: `tonistiigi/binfmt`.
     */
    image?: pulumi.Input<string>;
    /**
     * Whether an image that the engine has is asked for again when the resource is made or changed; where the registry does
     * not answer, the one that is there serves. Default: `"missing"`, no.
     */
    pull?: pulumi.Input<"missing" | "always">;
}

/**
 * QEMU emulators, registered with the kernel of an engine's host, so that its containers run programs of other
 * architectures: what `docker run --privileged --rm tonistiigi/binfmt --install` does.
 *
 * ```ts
 * const qemu = new QemuEmulation("qemu", { platforms: ["linux/arm64"] });
 * const builder = new BuildxBuilder("ci", {
 *     name: "ci",
 *     requirePlatforms: ["linux/amd64", "linux/arm64"],
 * }, { dependsOn: [qemu] });
 * ```
 *
 * BuildKit looks for emulators when it starts, and again when it is asked for its platforms, at most every 20 seconds;
 * what it has found once it reports until it starts again. A builder that depends on the emulation starts after it. One
 * that runs already is started again where `requirePlatforms` names what it does not offer.
 *
 * The kernel's list is one for the whole host, and is empty after a restart of it: `pulumi refresh` sees what is missing,
 * and the next `pulumi up` registers it again. Removing the resource takes away what it registered, but for what another
 * `QemuEmulation` on the same engine claims as well; what was there before stays.
 */
export class QemuEmulation extends BuildxResource {
    /** Platforms that the host runs, by itself or with an emulator, as the image reports it: `linux/amd64`, … */
    declare readonly supported: pulumi.Output<string[]>;
    /** The names of all that is registered with the kernel, by whomever: `qemu-aarch64`, … */
    declare readonly emulators: pulumi.Output<string[]>;
    /** Those of them that this resource registered, alone or with others of its kind, and takes away with it. */
    declare readonly added: pulumi.Output<string[]>;

    /**
     * @param name the resource's logical name.
     * @throws at preview, for a platform that cannot be emulated.
     */
    constructor(name: string, args?: QemuEmulationArgs, opts?: pulumi.CustomResourceOptions) {
        const tls = args?.tls && withSecretKeys(args.tls);
        const outputs = { supported: undefined, emulators: undefined, added: undefined };
        super("QemuEmulation", name, { ...args, ...(tls && { tls }), ...outputs }, opts);
    }
}
