import type * as pulumi from "@pulumi/pulumi";
import type { RestoreSource } from "../../transfer/location";
import type { TlsArguments } from "../../docker/endpoint/tls";
import type { StateReference } from "../../args/stateReference";
import { locationInForm } from "../../program/forms";
import type { Inputs } from "../../program/inputs";
import { usesPlugin } from "../../program/plugin";
import { BuildxResource } from "../../program/resource";
import { withSecretKeys } from "../../program/secretKeys";
import { outputs } from "./outputs";

/**
 * The files for a TLS connection: the certificate of the authority, the certificate of the client, and its key. Each is
 * the path of a file or PEM text. If the key is PEM text, Pulumi stores it as a secret.
 */
export type TlsArgs = Inputs<TlsArguments>;

/** The source of a new state: the path of an archive, a volume on the same engine, or an OCI image in a registry. */
export type RestoreFromArgs =
    | string
    | (Inputs<RestoreSource> & {
          /**
           * Whether to replace existing content of the volume, which is then lost.
           *
           * @default false: the restore is refused
           */
          overwrite?: pulumi.Input<boolean>;
          /** The image of the helper container, with GNU tar and util-linux. @default `debian:stable-slim` */
          helperImage?: pulumi.Input<string>;
      });

/** Arguments of a {@link BuildKitState}. */
export interface BuildKitStateArgs {
    /**
     * The name of the builder that uses this state. A `BuildxBuilder` with this state has this name by default.
     *
     * @default the resource's logical name
     */
    builderName?: pulumi.Input<string>;
    /** The node of that builder. @default `<builderName>0`, which is buildx's name for the first node */
    node?: pulumi.Input<string>;
    /**
     * The engine that holds the volume: the name of a docker context, or a host URL (`unix://`, `npipe://`, `tcp://`, `ssh://`).
     *
     * @default what the docker CLI would use
     */
    endpoint?: pulumi.Input<string>;
    /** The TLS files for a `tcp://` endpoint. @default what the docker CLI would use */
    tls?: TlsArgs;
    /** The volume driver. @default `local` */
    volumeDriver?: pulumi.Input<string>;
    /** Options of the volume driver, for example `{ type: "none", o: "bind", device: "/fast/disk" }`. */
    volumeDriverOpts?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Additional labels for the volume. */
    labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /**
     * The initial content of the state: the path of an archive, or `{ archive }`, `{ volume }` or `{ image }`. Used when
     * the state is created, and again if its volume is lost. A later change does not affect an existing volume.
     *
     * @default an empty cache
     */
    restoreFrom?: pulumi.Input<RestoreFromArgs>;
}

/**
 * The state of a BuildKit node: the volume that holds its cache.
 *
 * It is a separate resource, so its builder can be updated, removed and recreated without losing a layer. The volume
 * has the name that buildx itself uses for the node.
 *
 * ```ts
 * const state = new BuildKitState("cache", { builderName: "ci" });
 * const builder = new BuildxBuilder("ci", { state });
 * ```
 *
 * If the volume already exists, its content is kept and {@link adopted} is true. If this resource did not create the
 * volume, the volume stays when the resource is removed.
 *
 * A volume cannot be updated. If an argument other than `restoreFrom` or `tls` changes, the volume is replaced. The new
 * volume starts empty, or with the content of `restoreFrom`.
 *
 * Removing a state fails if a container still mounts the volume; the error names the container.
 */
export class BuildKitState extends BuildxResource {
    /** The name of the builder that uses this state, in lower case as buildx stores it. */
    declare readonly builderName: pulumi.Output<string>;
    /** The node that uses this state. */
    declare readonly node: pulumi.Output<string>;
    /** The name of the volume, `buildx_buildkit_<node>_state`. */
    declare readonly volumeName: pulumi.Output<string>;
    /** The path of the volume on the engine's host. */
    declare readonly mountpoint: pulumi.Output<string>;
    /** Whether the volume already existed, so that its content was kept. */
    declare readonly adopted: pulumi.Output<boolean>;

    /**
     * Returns an existing state, which another stack manages or a user created manually.
     *
     * @param id the name of the volume, `buildx_buildkit_<node>_state`.
     */
    static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): BuildKitState {
        return new BuildKitState(name, undefined, { ...opts, id });
    }

    /**
     * @param name the resource's logical name. If `builderName` is not set, also the name of the builder.
     * @throws at preview, if the name is not valid.
     */
    constructor(name: string, args?: BuildKitStateArgs, opts?: pulumi.CustomResourceOptions) {
        const tls = args?.tls && withSecretKeys(args.tls);
        super(
            "BuildKitState",
            name,
            {
                ...args,
                ...(tls && { tls }),
                ...(args?.restoreFrom !== undefined && { restoreFrom: locationInForm(args.restoreFrom) }),
                // `check` has the same default, for other languages.
                builderName: opts?.id === undefined ? (args?.builderName ?? name) : undefined,
                node: args?.node,
            },
            outputs,
            opts,
        );
        endpointArguments.set(this, { endpoint: args?.endpoint, tls });
    }
}

/** Arguments that are not outputs of the resource, because an output without a value is unknown at preview. */
const endpointArguments = new WeakMap<BuildKitState, Pick<BuildKitStateArgs, "endpoint" | "tls">>();

/**
 * Returns a state as an argument of another resource. A dynamic provider does not accept a resource, so it gets the
 * values that it takes from the state.
 */
export const stateInForm = (state: BuildKitState): BuildKitState | Inputs<StateReference> =>
    usesPlugin() ? state : valuesOf(state);

const valuesOf = (state: BuildKitState) =>
    ({
        builderName: state.builderName,
        node: state.node,
        volumeName: state.volumeName,
        ...endpointArguments.get(state),
    }) satisfies Inputs<StateReference>;
