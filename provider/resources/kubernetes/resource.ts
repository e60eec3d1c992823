import type * as pulumi from "@pulumi/pulumi";
import type { GcRule } from "../../buildkit/gc";
import type { Inputs } from "../../program/inputs";
import { BuildxResource } from "../../program/resource";
import { type ImageArgs, imageArgsOf } from "../builder/imageArgs";
import type { KubernetesNodeArguments } from "./args";
import { type KubernetesNodeOutputs, type KubernetesStatus, outputs } from "./outputs";
import { registeredArgs, registeredOptions } from "./registered";

/** `KubernetesNodeArguments` as a program writes them: each value may be an output. */
type NodeOptionInputs = {
    [Key in keyof KubernetesNodeArguments]: Inputs<NonNullable<KubernetesNodeArguments[Key]>>;
};

/** Options of a node. On the builder itself they are the defaults of its nodes. */
export interface KubernetesNodeOptions extends NodeOptionInputs {
    /**
     * Configuration of buildkitd as the content of a `buildkitd.toml` (`docker buildx create --buildkitd-config`).
     * Certificates and keys that its `registry` tables name, by path or as PEM text, are copied into ConfigMaps. To set it
     * as an object, set `buildkitdConfig`.
     * @default `buildkitd.default.toml` in buildx's configuration directory, if the file exists
     */
    buildkitdToml?: pulumi.Input<string>;
}

/** A node of a {@link KubernetesBuilder}: a workload in a cluster, for example for one kind of machine. */
export interface KubernetesNodeArgs extends KubernetesNodeOptions {
    /**
     * Name of the node and of its workload. An automatic name is kept when other nodes are added or removed.
     * @default the first free name of `<builder>0`, `<builder>1`, …
     */
    name?: pulumi.Input<string>;
}

/** Arguments of a {@link KubernetesBuilder}. */
export interface KubernetesBuilderArgs extends KubernetesNodeOptions {
    /**
     * Name of the builder: a letter, then letters, digits, `.`, `_` and `-`. It is converted to lower case. `default`
     * is reserved. An automatic name is kept for the lifetime of the resource.
     * @default `<logical name>-<7 hex digits>`
     */
    name?: pulumi.Input<string>;
    /**
     * Nodes of the builder, each a workload of its own, for example for each kind of machine or in each cluster (`docker
     * buildx create --append`). If a node does not set an option, it uses the builder's option.
     * @default one node with the builder's options
     */
    nodes?: pulumi.Input<pulumi.Input<KubernetesNodeArgs>[]>;
    /**
     * Load the result of a build into the docker CLI's engine if the build has no other output (buildx:
     * `default-load`).
     * @default false
     */
    defaultLoad?: pulumi.Input<boolean>;
    /**
     * Platforms that the nodes together must offer. If a platform is missing, `pulumi up` fails. Without this check,
     * builds would run on the wrong machine without a warning (docker/buildx#2119).
     */
    requirePlatforms?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Select the builder as the current builder of the machine that runs Pulumi (`docker buildx use`). Set it for one
     * builder of a machine.
     * @default false
     */
    use?: pulumi.Input<boolean>;
    /**
     * Take over an existing builder of the same name, with its claims, for example one of `docker buildx create --driver
     * kubernetes`. Its workload is recreated, and restored if the new pods do not become ready: the error then says
     * whether the pods of the old workload are ready again. The claims become the builder's claims: see `keepState`. If
     * `adopt` is false and the builder exists, the creation fails.
     * @default false
     */
    adopt?: pulumi.Input<boolean>;
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
    /**
     * Keep the claims when the builder is removed, as `docker buildx rm` does. Claims that existed before the builder
     * without a StatefulSet are always kept.
     * @default false
     */
    keepState?: pulumi.Input<boolean>;
    /**
     * Time limit until the pods are ready, in seconds. The cluster may have to add machines first.
     * @default 300
     */
    bootTimeout?: pulumi.Input<number>;
    /**
     * Time limit for running builds to finish before their pod ends, in seconds: before an update or the removal, and in
     * the grace period of the pods when Kubernetes evicts them. 0 cancels running builds at once.
     * @default 600
     */
    drainTimeout?: pulumi.Input<number>;
}

/**
 * A buildx builder of the `kubernetes` driver: BuildKit daemons in a Deployment, or in a StatefulSet with a claim for each
 * state, and the record with which buildx, `docker build` and Pulumi's docker-build provider find them (docs.docker.com,
 * "Kubernetes driver").
 *
 * ```ts
 * const builder = new KubernetesBuilder("farm", {
 *     context: "production",
 *     namespace: "builds",
 *     replicas: 2,
 *     requests: { cpu: "2", memory: "4Gi" },
 *     persistentVolumeClaim: { storage: "50Gi" },
 * });
 *
 * new dockerBuild.Image("app", { ...builder.imageArgs(["linux/amd64"]), context: { location: "./app" }, push: false });
 * ```
 *
 * The creation waits until the pods are ready. If it fails, it leaves nothing in the cluster. An update drains running
 * builds before their pods end, and it keeps the cache on the claims. Fields of other writers, for example the replicas of
 * an autoscaler or an injected sidecar, are left alone (server-side apply with the field manager `pulumi-buildx`).
 */
export class KubernetesBuilder extends BuildxResource {
    /** Name of the builder, for `docker buildx build --builder`. Unknown in the preview that creates the builder. */
    declare readonly name: pulumi.Output<string>;
    /** Platforms that all nodes together offer, as BuildKit reports them: `linux/amd64`, … */
    declare readonly platforms: pulumi.Output<string[]>;
    /** BuildKit version of the first node, for example `v0.34.2`. */
    declare readonly buildkitVersion: pulumi.Output<string>;
    /**
     * Status of the first node: `running`; `stopped` if no pod is ready; `inactive` if there is no workload, or its
     * cluster is unreachable.
     */
    declare readonly status: pulumi.Output<KubernetesStatus>;
    /** Outputs of each node. */
    declare readonly nodes: pulumi.Output<KubernetesNodeOutputs[]>;

    /**
     * Returns an existing builder, of another stack or created manually.
     *
     * @param id the builder's name.
     * @throws at preview if buildx has no record of that name, or the record has another driver.
     */
    static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): KubernetesBuilder {
        return new KubernetesBuilder(name, undefined, { ...opts, id });
    }

    /**
     * @param name the resource's logical name. If the argument `name` is not set, the builder's name starts with it.
     * @throws at preview if an argument is not valid. The error names the property.
     */
    constructor(name: string, args?: KubernetesBuilderArgs, opts?: pulumi.CustomResourceOptions) {
        super("KubernetesBuilder", name, registeredArgs(args ?? {}), outputs, registeredOptions(args ?? {}, opts));
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
