import * as pulumi from "@pulumi/pulumi";
import type { DriverOptions } from "../buildx/driverOptions";
import { normalizePlatform } from "../buildx/platform";
import type { GcRule } from "../buildkit/gc";
import type { Inputs } from "../args/inputs";
import { BuildxResource } from "../bridges/dynamic/resource";
import { withSecretKeys } from "../args/secretKeys";
import type { BuildKitState } from "../state/resource";
import type { Dns, NodeArguments } from "./inputs";
import { missingPlatform } from "./missingPlatform";
import type { NodeOutputs, Status } from "./outputs";
import { referenceFor, type User } from "./sharedInProgram";

/** Options of buildx's docker-container driver, in its own value syntax (docs.docker.com, "Docker container build driver"). */
export type DriverOpts = { [Key in keyof DriverOptions]: Inputs<NonNullable<DriverOptions[Key]>> };

type NodeOption = "tls" | "platforms" | "buildkitdFlags" | "buildkitdConfig";

/** `NodeArguments` as a program writes them: each value may be an output. */
type NodeOptionInputs = { [Key in keyof Pick<NodeArguments, NodeOption>]: Inputs<NonNullable<NodeArguments[Key]>> };

/** What a node is made by. On the builder itself these are each node's defaults. */
export interface NodeOptions extends NodeOptionInputs {
    /** Options of the docker-container driver. */
    driverOpts?: pulumi.Input<DriverOpts>;
}

/** A node of a builder: a BuildKit daemon on an engine of its own. */
export interface NodeArgs extends NodeOptions {
    /** Default: `<builder>0`, `<builder>1`, …: the first that is free, kept while other nodes come and go. */
    name?: pulumi.Input<string>;
    /** The engine: a docker context's name, or a host URL (`unix://`, `tcp://`, `ssh://`). Default: the state's. */
    endpoint?: pulumi.Input<string>;
    /** The state that the node works on, by which it is named. It is never removed with the builder. */
    state?: BuildKitState;
}

/** Arguments of a {@link BuildxBuilder}. */
export interface BuildxBuilderArgs extends NodeOptions {
    /**
     * A letter, then letters, digits, `.`, `_` and `-`; kept in lower case; `default` is reserved.
     * Default: the state's `builderName`; without a state `<logical name>-<7 hex digits>`, kept for the resource's life.
     */
    name?: pulumi.Input<string>;
    /** The state that the builder works on. It is never removed with the builder. Default: a volume of the builder's own. */
    state?: BuildKitState;
    /**
     * The engine that runs the builder: a docker context's name, or a host URL (`unix://`, `tcp://`, `ssh://`).
     * Default: the state's, else what the docker CLI would use (`DOCKER_HOST`, `DOCKER_CONTEXT`, the config's
     * `currentContext`, the default socket, a rootless socket).
     */
    endpoint?: pulumi.Input<string>;
    /**
     * More than one node: an engine each, by which builds for several platforms run at once on machines of their own
     * (`docker buildx create --append`). What a node leaves out is what the builder has.
     */
    nodes?: pulumi.Input<pulumi.Input<NodeArgs>[]>;
    /** Make it the current builder (`docker buildx use`). Default: false. */
    use?: pulumi.Input<boolean>;
    /** Leave the volume when the builder is removed (`docker buildx rm --keep-state`). Default: false; with a `state` it is always left. */
    keepState?: pulumi.Input<boolean>;
    /**
     * Take over a builder of that name that exists already, with its cache; it is brought to what is asked for, in
     * place where it can be. Default: false, where such a builder makes the creation fail.
     */
    adopt?: pulumi.Input<boolean>;
    /** Whether an image that the engine has is asked for again when a container is made. Default: `"missing"`. */
    pull?: pulumi.Input<"missing" | "always">;
    /**
     * Platforms that the builder has to offer once it is booted, over all nodes. One that does not is an error, instead
     * of builds on the wrong machine in silence (docker/buildx#2119).
     */
    requirePlatforms?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * When buildkitd removes what from the cache. One rule is a preset: `{ maxUsedSpace: "20GB" }` becomes the ladder of
     * rules that BuildKit has by default, with that bound. A list is taken as it is; one that bounds nothing gets a ceiling
     * at its end. Default: BuildKit's own policy, or that of `buildkitdConfig`.
     */
    gc?: Inputs<GcRule> | pulumi.Input<Inputs<GcRule>[]>;
    /** Hosts that buildkitd finds at fixed addresses, `{ host: "10.0.0.7" }` (`docker run --add-host`). */
    extraHosts?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** What the builder and its builds look names up with (`docker run --dns`). Default: as the engine has it. */
    dns?: Inputs<Dns>;
    /** More labels on the containers. */
    labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /**
     * Seconds until a boot is given up. Also for how long a pull that fails in passing is tried again, and an engine is waited
     * for whose machine the same program creates. Default: 60.
     */
    bootTimeout?: pulumi.Input<number>;
    /** Seconds until running builds are given up on before the container is replaced or removed; 0 cuts them off. Default: 600. */
    drainTimeout?: pulumi.Input<number>;
}

/** What an image build takes from its builder. */
export interface ImageArgs<P extends string> {
    builder: { name: pulumi.Output<string> };
    platforms: pulumi.Output<P>[];
}

/**
 * A buildx builder of the `docker-container` driver: a BuildKit daemon in a container, its state volume, and the
 * record with which buildx, `docker build` and Pulumi's docker-build provider find it.
 *
 * ```ts
 * const state = new BuildKitState("cache", { builderName: "ci" });
 * const builder = new BuildxBuilder("ci", { state, driverOpts: { memory: "2g" } });
 *
 * new dockerBuild.Image("app", { ...builder.imageArgs(["linux/amd64"]), context: { location: "./app" }, push: false });
 * ```
 *
 * It is made through the Engine API; the buildx plugin is not needed. A container, volume or record of that name
 * that this resource did not make is not touched: `pulumi up` fails and says what is there.
 */
export class BuildxBuilder extends BuildxResource {
    /** What `docker buildx build --builder` takes. Not known in the preview that makes the builder. */
    declare readonly name: pulumi.Output<string>;
    /** The container of the first node, `buildx_buildkit_<name>0`; with a state, that of its node. */
    declare readonly containerName: pulumi.Output<string>;
    /** BuildKit's address of the first node, `docker-container://<containerName>` (what `buildctl --addr` takes). */
    declare readonly endpoint: pulumi.Output<string>;
    /** The engine of the first node as buildx stores it: a docker context's name, or a host. */
    declare readonly dockerEndpoint: pulumi.Output<string>;
    /** What the builder can build for, over all nodes, as BuildKit reports it: `linux/amd64`, … */
    declare readonly platforms: pulumi.Output<string[]>;
    /** The first node's, such as `v0.34.2`. */
    declare readonly buildkitVersion: pulumi.Output<string>;
    /** The first node's: `running`, `stopped`, or `inactive` where there is no container. */
    declare readonly status: pulumi.Output<Status>;
    /** Each node. */
    declare readonly nodes: pulumi.Output<NodeOutputs[]>;

    /**
     * A builder that is there already, of another stack or made by hand.
     *
     * @param id the builder's name.
     * @throws at preview, where there is none of that name.
     */
    static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): BuildxBuilder {
        return new BuildxBuilder(name, undefined, { ...opts, id });
    }

    constructor(name: string, args?: BuildxBuilderArgs, opts?: pulumi.CustomResourceOptions) {
        const { state, nodes, ...others } = args ?? {};
        const user: User = { name };
        super(
            "BuildxBuilder",
            name,
            {
                ...others,
                ...(state !== undefined && { state: referenceFor(user, state) }),
                ...withSecrets(others),
                containerName: undefined,
                dockerEndpoint: undefined,
                buildkitVersion: undefined,
                status: undefined,
                name: others.name,
                endpoint: others.endpoint,
                platforms: others.platforms,
                nodes: nodes && withReferences(nodes, user),
            },
            // It repeats the nodes' arguments, and a secret is kept only where it was given.
            nodes ? { ...opts, additionalSecretOutputs: [...(opts?.additionalSecretOutputs ?? []), "__nodes"] } : opts,
        );
        // These arguments share their names with outputs, so that Pulumi would take what was asked for what is
        // there until the builder is made.
        this.name = this.onceMade(this.name);
        this.endpoint = this.onceMade(this.endpoint);
        this.platforms = this.onceMade(this.platforms);
        this.nodes = this.onceMade(this.nodes);
    }

    /**
     * What an image build takes from its builder, to be spread into the arguments of docker-build's `Image`.
     *
     * Until the builder is there the name and each platform are unknown, so that a preview does not try to build.
     *
     * @param platforms what to build for. Default: the builder's own platform.
     * @throws once the builder is there, for a platform that it does not offer.
     */
    imageArgs<const P extends string = never>(platforms?: readonly P[]): ImageArgs<P> {
        const wanted = platforms ?? [undefined];
        return {
            builder: { name: this.name },
            platforms: wanted.map((platform) =>
                pulumi.all([this.name, this.platforms]).apply(([name, offered]) => offeredBy(name, offered, platform)),
            ),
        };
    }

    private onceMade<T>(output: pulumi.Output<T>): pulumi.Output<T> {
        return pulumi.all([output, this.containerName]).apply(([value]) => value as T);
    }
}

/** The arguments that may hold keys, with these as secrets. */
const withSecrets = ({ tls, buildkitdConfig: config }: NodeOptions) => ({
    ...(tls && { tls: withSecretKeys(tls) }),
    ...(config && { buildkitdConfig: withSecretKeys(config) }),
});

/** Nodes with what they take from their states in the place of these. */
const withReferences = (nodes: NonNullable<BuildxBuilderArgs["nodes"]>, user: User) => {
    const ofNode = ({ state, ...node }: NodeArgs) => ({
        ...node,
        ...withSecrets(node),
        ...(state && { state: referenceFor(user, state) }),
    });
    const ofEach = (node: pulumi.Input<NodeArgs>) =>
        isLater(node) ? pulumi.output(node).apply((known) => ofNode(known as NodeArgs)) : ofNode(node);
    return isLater(nodes)
        ? pulumi.output(nodes).apply((known) => (known as NodeArgs[]).map(ofNode))
        : nodes.map(ofEach);
};

const isLater = <T>(input: pulumi.Input<T>): input is Promise<T> | pulumi.OutputInstance<T> =>
    pulumi.Output.isInstance(input) || input instanceof Promise;

function offeredBy<P extends string>(builder: string, offered: string[], platform: P | undefined): P {
    if (platform === undefined) return offered[0] as P;
    if (offered.includes(normalizePlatform(platform))) return platform;
    throw new pulumi.RunError(missingPlatform(builder, [platform], offered));
}
