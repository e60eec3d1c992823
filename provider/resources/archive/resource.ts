import type * as pulumi from "@pulumi/pulumi";
import { locationInForm } from "../../program/forms";
import type { Inputs } from "../../program/inputs";
import { BuildxResource } from "../../program/resource";
import { withSecretKeys } from "../../program/secretKeys";
import { type BuildKitState, stateInForm, type TlsArgs } from "../state/resource";
import type { Location } from "../../transfer/location";
import { outputs } from "./outputs";

/** Arguments of a {@link BuildKitStateArchive}. */
export interface BuildKitStateArchiveArgs {
    /** The state that is archived, and the default for its engine. */
    state?: BuildKitState;
    /** The name of the builder that uses the state, if there is no `state`. Required if `node` is not set either. */
    builderName?: pulumi.Input<string>;
    /** The node of that builder. @default the node of `state`, else `<builderName>0` */
    node?: pulumi.Input<string>;
    /**
     * The engine that holds the state: the name of a docker context, or a host URL (`unix://`, `npipe://`, `tcp://`, `ssh://`).
     *
     * @default the endpoint of `state`, else what the docker CLI would use
     */
    endpoint?: pulumi.Input<string>;
    /** The TLS files for a `tcp://` endpoint. @default `tls` of `state`, else what the docker CLI would use */
    tls?: TlsArgs;
    /**
     * The target: the path of a file, relative to the folder of the Pulumi program, or
     * `{ image: "registry.example/ci-cache:latest" }` for an OCI image. The image is pushed with the credentials in
     * docker's configuration.
     */
    to: pulumi.Input<string | Inputs<Location>>;
    /** Values of any kind. If one of them changes, the archive is written again. @default none: it is written once */
    triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
    /** The image of the helper container, with GNU tar and util-linux. @default `debian:stable-slim` */
    image?: pulumi.Input<string>;
    /**
     * The longest wait for running builds, in seconds. Builds that still run then are aborted; 0 aborts them at once.
     *
     * @default 600
     */
    drainTimeout?: pulumi.Input<number>;
}

/**
 * An archive of a BuildKit state. The `restoreFrom` argument of a {@link BuildKitState} accepts it, on this engine or
 * another.
 *
 * ```ts
 * new BuildKitStateArchive("nightly", { state, to: "ci.tar.zst", triggers: [date] }, { dependsOn: [image] });
 * ```
 *
 * The copy waits for running builds. Then it stops the builder during the copy and starts it again.
 *
 * The archive is written when the resource is created, when `triggers`, the target, the node or the endpoint change,
 * and after a refresh finds it missing. Removing the resource keeps the archive.
 */
export class BuildKitStateArchive extends BuildxResource {
    /** The location of the archive: the path as given in `to`, or the image with its digest. */
    declare readonly location: pulumi.Output<string>;
    /** The SHA-256 of the tar in the archive, in hexadecimal. */
    declare readonly sha256: pulumi.Output<string>;
    /** The length of the tar in the archive, in bytes. */
    declare readonly bytes: pulumi.Output<number>;
    /** The length of the archive itself, compressed, in bytes. */
    declare readonly size: pulumi.Output<number>;
    /** The version of the BuildKit that wrote the state, for example `v0.34.2`; empty if no builder reports it. */
    declare readonly buildkitVersion: pulumi.Output<string>;
    /** When the archive was written, in RFC 3339 format, in UTC. */
    declare readonly createdAt: pulumi.Output<string>;
    /** The number of seconds in which no build could run; 0 if the builder was not running. */
    declare readonly stoppedFor: pulumi.Output<number>;

    /**
     * @param name the resource's logical name.
     * @throws at preview, if an argument is not valid. The error names the property.
     */
    constructor(name: string, args: BuildKitStateArchiveArgs, opts?: pulumi.CustomResourceOptions) {
        const tls = args.tls && withSecretKeys(args.tls);
        super(
            "BuildKitStateArchive",
            name,
            {
                ...args,
                to: locationInForm(args.to),
                ...(args.state && { state: stateInForm(args.state) }),
                ...(tls && { tls }),
            },
            outputs,
            opts,
        );
    }
}
