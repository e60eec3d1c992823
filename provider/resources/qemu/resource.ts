import type * as pulumi from "@pulumi/pulumi";
import { BuildxResource } from "../../program/resource";
import { withSecretKeys } from "../../program/secretKeys";
import type { TlsArgs } from "../state/resource";
import { outputs } from "./outputs";

/** Arguments of a {@link QemuEmulation}. */
export interface QemuEmulationArgs {
    /**
     * The platforms that the engine's host has to run, for example `"linux/arm64"` or `"arm64"`. Architectures: `386`,
     * `amd64`, `arm`, `arm64`, `loong64`, `mips64`, `mips64le`, `ppc64le`, `riscv64`, `s390x`. Platforms that the host
     * already runs are left unchanged.
     *
     * @default all platforms that the image has
     */
    platforms?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * The engine on whose host they run: the name of a docker context, or a host URL (`unix://`, `npipe://`, `tcp://`, `ssh://`).
     *
     * @default what the docker CLI would use
     */
    endpoint?: pulumi.Input<string>;
    /** The TLS files for a `tcp://` endpoint. @default what the docker CLI would use */
    tls?: TlsArgs;
    /**
     * The image with the emulators. It must accept the same command line as `tonistiigi/binfmt`. If it changes, the
     * emulators of the resource are registered again from the new image.
     *
     * @default `tonistiigi/binfmt`
     */
    image?: pulumi.Input<string>;
    /**
     * When to pull the image: only if the engine does not have it (`"missing"`), or whenever the resource is created or
     * updated (`"always"`). If the registry does not answer, the local image is used.
     *
     * @default `"missing"`
     */
    pull?: pulumi.Input<"missing" | "always">;
}

/**
 * QEMU emulators that are registered with the kernel of an engine's host, so that containers run programs of other
 * architectures. It does the same as `docker run --privileged --rm tonistiigi/binfmt --install`.
 *
 * ```ts
 * const qemu = new QemuEmulation("qemu", { platforms: ["linux/arm64"] });
 * const builder = new BuildxBuilder("ci", {
 *     name: "ci",
 *     requirePlatforms: ["linux/amd64", "linux/arm64"],
 * }, { dependsOn: [qemu] });
 * ```
 *
 * BuildKit detects emulators when it starts, and again (at most every 20 seconds) when a client lists its platforms. It
 * reports a detected emulator until it restarts. A builder that depends on the emulation starts after it.
 * A running builder is restarted if `requirePlatforms` names a platform that it does not offer.
 *
 * The kernel has one list of emulators for the whole host. The list is empty after the host restarts: `pulumi refresh`
 * detects which emulators are missing, and the next `pulumi up` registers them again.
 *
 * Removing the resource removes the emulators that it registered, except emulators that another `QemuEmulation` on the
 * same engine also claims. Emulators that existed before the resource stay.
 */
export class QemuEmulation extends BuildxResource {
    /** The platforms that the host runs, by itself or with an emulator, as the image reports them: `linux/amd64`, … */
    declare readonly supported: pulumi.Output<string[]>;
    /** The names of all emulators that are registered with the kernel, by any program: `qemu-aarch64`, … */
    declare readonly emulators: pulumi.Output<string[]>;
    /**
     * The names of the emulators that this resource registered, alone or together with other `QemuEmulation` resources.
     * They are removed with the resource.
     */
    declare readonly added: pulumi.Output<string[]>;

    /**
     * @param name the resource's logical name.
     * @throws at preview, if a platform cannot be emulated.
     */
    constructor(name: string, args?: QemuEmulationArgs, opts?: pulumi.CustomResourceOptions) {
        const tls = args?.tls && withSecretKeys(args.tls);
        super("QemuEmulation", name, { ...args, ...(tls && { tls }) }, outputs, opts);
    }
}
