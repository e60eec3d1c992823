import type * as pulumi from "@pulumi/pulumi";
import type { RestoreSource } from "../archive/location";
import type { TlsArguments } from "../docker/tls";
import type { Inputs } from "../args/inputs";
import { BuildxResource } from "../bridges/dynamic/resource";
import { withSecretKeys } from "../args/secretKeys";

/**
 * A TLS connection: the authority's certificate, the client's, and its key, each the path of a file or PEM text. A key
 * that is given as text is kept as a secret.
 */
export type TlsArgs = Inputs<TlsArguments>;

/**
 * Where a new state comes from: the path of an archive, another volume of the same engine, or an OCI image in a registry.
 */
export type RestoreFromArgs =
    | string
    | (Inputs<RestoreSource> & {
          /** Restore over what the volume holds already, which is lost. Default: such a restore is refused. */
          overwrite?: pulumi.Input<boolean>;
          /** An image with GNU tar and util-linux, of which the copying container is made. Default: `debian:stable-slim`. */
          helperImage?: pulumi.Input<string>;
      });

/** Arguments of a {@link BuildKitState}. */
export interface BuildKitStateArgs {
    /**
     * The builder that works on this state, which is also the default for a builder's own name.
     * Default: the resource's logical name.
     */
    builderName?: pulumi.Input<string>;
    /** The node of that builder. Default: `<builderName>0`, as buildx names the first one. */
    node?: pulumi.Input<string>;
    /**
     * The engine that holds the volume: a docker context's name, or a host URL (`unix://`, `tcp://`, `ssh://`).
     * Default: what the docker CLI would use.
     */
    endpoint?: pulumi.Input<string>;
    /** What to connect with to a `tcp://` endpoint. Default: what the docker CLI would use. */
    tls?: TlsArgs;
    /** The volume driver. Default: `local`. */
    volumeDriver?: pulumi.Input<string>;
    /** Options of the volume driver, such as `{ type: "none", o: "bind", device: "/fast/disk" }`. */
    volumeDriverOpts?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** More labels on the volume. */
    labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /**
     * What the state starts with, instead of an empty cache: the path of an archive, or `{ archive }`, `{ volume }` or
     * `{ image }`. It counts when the state is made; a later change of it changes nothing.
     */
    restoreFrom?: pulumi.Input<RestoreFromArgs>;
}

/**
 * The state of a BuildKit node: the volume that holds its cache.
 *
 * It lives on its own, so that a builder that works on it can be changed, removed and made again without losing
 * a layer. The volume is the one that buildx itself would make for the node.
 *
 * ```ts
 * const state = new BuildKitState("cache", { builderName: "ci" });
 * const builder = new BuildxBuilder("ci", { state });
 * ```
 *
 * Where there is such a volume already its content is kept, {@link adopted} says so, and where it was not made
 * by this resource it stays when the resource is removed. A volume cannot be changed: a changed argument
 * replaces it, and the new one starts empty.
 *
 * Removing a state that a container still mounts fails and names the container.
 */
export class BuildKitState extends BuildxResource {
    /** The builder that works on this state, in lower case as buildx keeps it. */
    declare readonly builderName: pulumi.Output<string>;
    /** The node that works on this state. */
    declare readonly node: pulumi.Output<string>;
    /** The volume's name, `buildx_buildkit_<node>_state`. */
    declare readonly volumeName: pulumi.Output<string>;
    /** Where the volume lies on the engine's host. */
    declare readonly mountpoint: pulumi.Output<string>;
    /** The volume was there already, and its content is kept. */
    declare readonly adopted: pulumi.Output<boolean>;

    /**
     * A state that is there already, of another stack or made by hand.
     *
     * @param id the volume's name, `buildx_buildkit_<node>_state`.
     */
    static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): BuildKitState {
        return new BuildKitState(name, undefined, { ...opts, id });
    }

    /**
     * @param name the resource's logical name, and the builder's where `builderName` is left out.
     * @throws at preview, for an illegal name.
     */
    constructor(name: string, args?: BuildKitStateArgs, opts?: pulumi.CustomResourceOptions) {
        const tls = args?.tls && withSecretKeys(args.tls);
        super(
            "BuildKitState",
            name,
            {
                ...args,
                ...(tls && { tls }),
                builderName: opts?.id === undefined ? (args?.builderName ?? name) : undefined,
                node: args?.node,
                volumeName: undefined,
                mountpoint: undefined,
                adopted: undefined,
            },
            opts,
        );
        asked.set(this, { endpoint: args?.endpoint, tls });
    }
}

/** No outputs, since an output that has no value is unknown at preview. */
const asked = new WeakMap<BuildKitState, Pick<BuildKitStateArgs, "endpoint" | "tls">>();

/** What another resource needs of a state, as plain values: a resource itself cannot be given to a dynamic provider. */
export const referenceTo = (state: BuildKitState) => ({
    builderName: state.builderName,
    node: state.node,
    volumeName: state.volumeName,
    ...asked.get(state),
});
