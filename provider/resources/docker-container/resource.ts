import type * as pulumi from "@pulumi/pulumi";
import type { DriverOptions } from "../../buildx/driverOptions";
import type { GcRule } from "../../buildkit/gc";
import type { Inputs } from "../../program/inputs";
import { BuildxResource } from "../../program/resource";
import type { BuildKitState } from "../state/resource";
import type { Dns, NodeArguments } from "./args";
import { type ImageArgs, imageArgsOf } from "../builder/imageArgs";
import { type NodeOutputs, outputs, type Status } from "../builder/outputs";
import { registeredArgs, registeredOptions } from "./registered";

export type { ImageArgs } from "../builder/imageArgs";

/**
 * Options of buildx's docker-container driver, in the driver's value syntax (docs.docker.com, "Docker container build
 * driver").
 */
export type DriverOpts = { [Key in keyof DriverOptions]: Inputs<NonNullable<DriverOptions[Key]>> };

type NodeOption = "tls" | "platforms" | "buildkitdFlags" | "buildkitdConfig";

/** `NodeArguments` as a program writes them: each value may be an output. */
type NodeOptionInputs = { [Key in keyof Pick<NodeArguments, NodeOption>]: Inputs<NonNullable<NodeArguments[Key]>> };

/** Options of a node. On the builder itself they are the defaults of its nodes. */
export interface NodeOptions extends NodeOptionInputs {
    /** Options of the docker-container driver. */
    driverOpts?: pulumi.Input<DriverOpts>;
    /**
     * Configuration of buildkitd as the content of a `buildkitd.toml` (`docker buildx create --buildkitd-config`).
     * Certificates and keys that its `registry` tables name, by path or as PEM text, are copied into the container. To
     * set it as an object, set `buildkitdConfig`.
     * @default `buildkitd.default.toml` in buildx's configuration directory, if the file exists
     */
    buildkitdToml?: pulumi.Input<string>;
}

/** A node of a builder: a BuildKit daemon on its own engine. */
export interface NodeArgs extends NodeOptions {
    /**
     * Name of the node. An automatic name is kept when other nodes are added or removed.
     * @default the name of the state's node; without a state, the first free name of `<builder>0`, `<builder>1`, …
     */
    name?: pulumi.Input<string>;
    /**
     * Engine that runs the node: the name of a docker context, or a host URL (`unix://`, `npipe://`, `tcp://`, `ssh://`).
     * @default the endpoint of the state; without a state endpoint, the builder's `endpoint`
     */
    endpoint?: pulumi.Input<string>;
    /** State that the node uses. The node gets its name from the state. The state is never removed with the builder. */
    state?: BuildKitState;
}

/** Arguments of a {@link BuildxBuilder}. */
export interface BuildxBuilderArgs extends NodeOptions {
    /**
     * Name of the builder: a letter, then letters, digits, `.`, `_` and `-`. It is converted to lower case. `default`
     * is reserved. An automatic name is kept for the lifetime of the resource.
     * @default the state's `builderName`; without a state, `<logical name>-<7 hex digits>`
     */
    name?: pulumi.Input<string>;
    /**
     * State that the builder uses. It is never removed with the builder.
     * @default a volume of the builder
     */
    state?: BuildKitState;
    /**
     * Engine that runs the builder: the name of a docker context, or a host URL (`unix://`, `npipe://`, `tcp://`, `ssh://`).
     * @default the endpoint of the state; without one, what the docker CLI would use (`DOCKER_HOST`, `DOCKER_CONTEXT`,
     *   the config's `currentContext`, the default socket, a rootless socket)
     */
    endpoint?: pulumi.Input<string>;
    /**
     * Nodes of the builder, each on its own engine (`docker buildx create --append`). Builds for several platforms then
     * run on several machines at once. If a node does not set an option, it uses the builder's option.
     * @default one node with the builder's options
     */
    nodes?: pulumi.Input<pulumi.Input<NodeArgs>[]>;
    /**
     * Select the builder as the current builder of the machine that runs Pulumi (`docker buildx use`). Set it for one
     * builder of a machine.
     * @default false
     */
    use?: pulumi.Input<boolean>;
    /**
     * Keep the volume when the builder is removed (`docker buildx rm --keep-state`). The volume of a `state` is always
     * kept.
     * @default false
     */
    keepState?: pulumi.Input<boolean>;
    /**
     * Take over an existing builder of the same name, with its cache. The builder is updated to match the arguments, in
     * place if possible. If `adopt` is false and the builder exists, its creation fails.
     * @default false
     */
    adopt?: pulumi.Input<boolean>;
    /**
     * When to pull the image: only if the engine does not have it (`"missing"`), or each time that a container is
     * created (`"always"`). With `"always"`, a refresh also checks the registry for a newer image. If the registry is
     * unreachable, the local image is used.
     * @default "missing"
     */
    pull?: pulumi.Input<"missing" | "always">;
    /**
     * Platforms that the nodes together must offer after they have booted. If a platform is missing, `pulumi up` fails.
     * Without this check, builds would run on the wrong machine without a warning (docker/buildx#2119).
     */
    requirePlatforms?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Garbage collection of buildkitd's cache. A single rule is a preset: `{ maxUsedSpace: "20GB" }` becomes BuildKit's
     * default sequence of rules, with that limit. A list is used as it is. If no rule of the list limits the cache, a
     * last rule with a limit is added.
     * @default BuildKit's own policy, or the policy in `buildkitdConfig`
     */
    gc?: Inputs<GcRule> | pulumi.Input<Inputs<GcRule>[]>;
    /**
     * Garbage collection of buildkitd's cache, as rules that are used as they are, in this order. If no rule limits the
     * cache, a last rule with a limit is added. To set only limits, set `gc`.
     * @default BuildKit's own policy, or the policy in `buildkitdConfig`
     */
    gcRules?: pulumi.Input<Inputs<GcRule>[]>;
    /** Hosts with fixed addresses for buildkitd, for example `{ host: "10.0.0.7" }` (`docker run --add-host`). */
    extraHosts?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /**
     * DNS settings of the builder and its builds (`docker run --dns`).
     * @default the engine's settings
     */
    dns?: Inputs<Dns>;
    /** Additional labels for the containers. Names that start with `io.github.pulumi-buildx.` are reserved. */
    labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /**
     * Time limit of a boot, in seconds. It is also the time limit for retrying a pull after a temporary error, and for
     * waiting for an engine whose machine the same program creates.
     * @default 60
     */
    bootTimeout?: pulumi.Input<number>;
    /**
     * Time limit for running builds to finish before the container is replaced or removed, in seconds. 0 cancels
     * running builds at once.
     * @default 600
     */
    drainTimeout?: pulumi.Input<number>;
}

/**
 * A buildx builder of the `docker-container` driver: a BuildKit daemon in a container, its state volume, and the record
 * with which buildx, `docker build` and Pulumi's docker-build provider find the builder.
 *
 * ```ts
 * const state = new BuildKitState("cache", { builderName: "ci" });
 * const builder = new BuildxBuilder("ci", { state, driverOpts: { memory: "2g" } });
 *
 * new dockerBuild.Image("app", { ...builder.imageArgs(["linux/amd64"]), context: { location: "./app" }, push: false });
 * ```
 *
 * The builder is created through the Engine API; the buildx plugin is not needed. If a container, volume or record of
 * that name exists and this resource did not create it, it is not changed: `pulumi up` fails and reports what exists.
 */
export class BuildxBuilder extends BuildxResource {
    /** Name of the builder, for `docker buildx build --builder`. Unknown in the preview that creates the builder. */
    declare readonly name: pulumi.Output<string>;
    /** Container of the first node, `buildx_buildkit_<name>0`. With a state, the container of the state's node. */
    declare readonly containerName: pulumi.Output<string>;
    /** BuildKit address of the first node, `docker-container://<containerName>` (for `buildctl --addr`). */
    declare readonly endpoint: pulumi.Output<string>;
    /** Engine of the first node as buildx stores it: the name of a docker context, or a host. */
    declare readonly dockerEndpoint: pulumi.Output<string>;
    /** Platforms that all nodes together offer, as BuildKit reports them: `linux/amd64`, … */
    declare readonly platforms: pulumi.Output<string[]>;
    /** BuildKit version of the first node, for example `v0.34.2`. */
    declare readonly buildkitVersion: pulumi.Output<string>;
    /**
     * Status of the first node: `running`; `stopped` if the container is not running, is paused, or its buildkitd does
     * not respond; `inactive` if there is no container, or its engine is unreachable.
     */
    declare readonly status: pulumi.Output<Status>;
    /** Outputs of each node. */
    declare readonly nodes: pulumi.Output<NodeOutputs[]>;

    /**
     * Returns an existing builder, of another stack or created manually.
     *
     * @param id the builder's name.
     * @throws at preview if there is no builder of that name.
     */
    static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): BuildxBuilder {
        return new BuildxBuilder(name, undefined, { ...opts, id });
    }

    /**
     * @param name the resource's logical name. If neither `name` nor `state` is set, the builder's name starts with it.
     * @throws at preview if an argument is not valid. The error names the property.
     */
    constructor(name: string, args?: BuildxBuilderArgs, opts?: pulumi.CustomResourceOptions) {
        super("BuildxBuilder", name, registeredArgs(name, args ?? {}), outputs, registeredOptions(args ?? {}, opts));
    }

    /**
     * Returns the arguments that an image build gets from its builder, to spread into the arguments of docker-build's
     * `Image`.
     *
     * Until the builder exists, the name and each platform are unknown, so that a preview does not try to build.
     *
     * @param platforms the platforms to build for. Default: the builder's own platform.
     * @throws {RunError} if the builder exists and does not offer one of the platforms.
     */
    imageArgs<const P extends string = never>(platforms?: readonly P[]): ImageArgs<P> {
        return imageArgsOf(this, platforms);
    }
}
