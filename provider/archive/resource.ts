import type * as pulumi from "@pulumi/pulumi";
import type { Inputs } from "../args/inputs";
import { BuildxResource } from "../bridges/dynamic/resource";
import { withSecretKeys } from "../args/secretKeys";
import { type BuildKitState, referenceTo, type TlsArgs } from "../state/resource";
import type { Location } from "./location";

/** Arguments of a {@link BuildKitStateArchive}. */
export interface BuildKitStateArchiveArgs {
    /** The state that is archived, with the engine that it is on. */
    state?: BuildKitState;
    /** The builder that works on the state, where there is no `state`. */
    builderName?: pulumi.Input<string>;
    /** The node of that builder. Default: the state's, else `<builderName>0`. */
    node?: pulumi.Input<string>;
    /**
     * The engine that holds the state: a docker context's name, or a host URL (`unix://`, `tcp://`, `ssh://`).
     * Default: the state's, else what the docker CLI would use.
     */
    endpoint?: pulumi.Input<string>;
    /** What to connect with to a `tcp://` endpoint. Default: the state's, else what the docker CLI would use. */
    tls?: TlsArgs;
    /**
     * Where it is written: the path of a file, which is relative to the Pulumi program's folder, or
     * `{ image: "registry.example/ci-cache:latest" }` for an OCI image, pushed with the credentials of docker's
     * configuration.
     */
    to: pulumi.Input<string | Inputs<Location>>;
    /** Values on whose change the archive is written again. Default: none, so that it is written once. */
    triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
    /** An image with GNU tar and util-linux, of which the copying container is made. Default: `debian:stable-slim`. */
    image?: pulumi.Input<string>;
    /** Seconds until running builds are cut off. Default: 600; 0 cuts them off at once. */
    drainTimeout?: pulumi.Input<number>;
}

/**
 * An archive of a BuildKit state, which `restoreFrom` of a {@link BuildKitState} takes, on this engine or another.
 *
 * ```ts
 * new BuildKitStateArchive("nightly", { state, to: "ci.tar.zst", triggers: [date] }, { dependsOn: [image] });
 * ```
 *
 * Running builds are awaited; then the builder is stopped for the time of the copy and started again. It is written when
 * the resource is made, when `triggers`, the place or the state change, and when a refresh finds it gone. The archive stays
 * when the resource is removed.
 */
export class BuildKitStateArchive extends BuildxResource {
    /** Where it lies: the path as it was given, or the image with its digest. */
    declare readonly location: pulumi.Output<string>;
    /** The SHA-256 of the tar in it, in hexadecimal. */
    declare readonly sha256: pulumi.Output<string>;
    /** How long the tar in it is. */
    declare readonly bytes: pulumi.Output<number>;
    /** How long it is itself, compressed, in bytes. */
    declare readonly size: pulumi.Output<number>;
    /** The BuildKit that the state is of, such as `v0.34.2`; empty where no builder says. */
    declare readonly buildkitVersion: pulumi.Output<string>;
    /** RFC 3339, in UTC. */
    declare readonly createdAt: pulumi.Output<string>;
    /** For how many seconds no build could run; 0 where the builder did not run. */
    declare readonly stoppedFor: pulumi.Output<number>;

    constructor(name: string, args: BuildKitStateArchiveArgs, opts?: pulumi.CustomResourceOptions) {
        const tls = args.tls && withSecretKeys(args.tls);
        super(
            "BuildKitStateArchive",
            name,
            {
                ...args,
                ...(args.state && { state: referenceTo(args.state) }),
                ...(tls && { tls }),
                location: undefined,
                sha256: undefined,
                bytes: undefined,
                size: undefined,
                buildkitVersion: undefined,
                createdAt: undefined,
                stoppedFor: undefined,
            },
            opts,
        );
    }
}
