import * as pulumi from "@pulumi/pulumi";
import { normalizePlatform } from "../buildx/platform";
import { BuildxResource } from "../pulumi/resource";
import { type BuildKitState, referenceTo } from "../state/resource";
import type { NodeOutputs, Status } from "./outputs";

/** Options of buildx's docker-container driver, in its own value syntax (docs.docker.com, "Docker container build driver"). */
export interface DriverOpts {
    /** The BuildKit image. Default: `moby/buildkit:buildx-stable-1`. */
    image?: pulumi.Input<string>;
    /** The most memory that the container may use: a number of bytes with an optional unit, such as `"512m"`. Default: no limit. */
    memory?: pulumi.Input<string>;
    /** The most memory and swap together, `"-1"` for no limit. Needs `memory`. Default: twice the memory. */
    memorySwap?: pulumi.Input<string>;
    /** The processor time that the container may use in each period, in microseconds. Default: no limit. */
    cpuQuota?: pulumi.Input<number>;
    /** The length of such a period, in microseconds, 1000 to 1000000. Default: the kernel's 100000. */
    cpuPeriod?: pulumi.Input<number>;
    /** The container's weight against others where processors are short. Default: 1024. */
    cpuShares?: pulumi.Input<number>;
    /** The processors that the container may run on, such as `"0-3"` or `"0,2"`. Default: all. */
    cpusetCpus?: pulumi.Input<string>;
    /** The memory nodes that the container may use, such as `"0-1"`. Default: all. */
    cpusetMems?: pulumi.Input<string>;
    /** Load the result of each build into the engine, unless the build says otherwise. Default: false. */
    defaultLoad?: pulumi.Input<boolean>;
    /** The network of the builder and its builds: `bridge`, `host`, `none`, `container:<name>`, or a network's name. Default: `bridge`. */
    network?: pulumi.Input<string>;
    /** The cgroup under which the container is placed, where the engine uses cgroupfs. Default: `/docker/buildx`. */
    cgroupParent?: pulumi.Input<string>;
    /** `no`, `always`, `unless-stopped` or `on-failure[:times]`. Default: `unless-stopped`. */
    restartPolicy?: pulumi.Input<string>;
    /** Variables of buildkitd's environment. Values may be secrets. */
    env?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Tell provenance attestations of the GitHub Actions run that makes the builder. Default: true. */
    provenanceAddGha?: pulumi.Input<boolean>;
    /** Written into buildx's record, so that buildx does not check the image against its policy. Default: false. */
    allowUntrustedImage?: pulumi.Input<boolean>;
}

/** Arguments of a {@link BuildxBuilder}. */
export interface BuildxBuilderArgs {
    /**
     * A letter, then letters, digits, `.`, `_` and `-`; kept in lower case; `default` is reserved.
     * Default: the state's `builderName`; without a state `<logical name>-<7 hex digits>`, kept for the resource's life.
     */
    name?: pulumi.Input<string>;
    /** The state that the builder works on. It is never removed with the builder. Default: a volume of the builder's own. */
    state?: BuildKitState;
    /**
     * The engine that runs the builder: a docker context's name, or a host URL (`unix://`, `tcp://`).
     * Default: the state's, else what the docker CLI would use (`DOCKER_HOST`, `DOCKER_CONTEXT`, the config's
     * `currentContext`, the default socket, a rootless socket).
     */
    endpoint?: pulumi.Input<string>;
    /** Options of the docker-container driver. */
    driverOpts?: pulumi.Input<DriverOpts>;
    /** Platforms that the node is preferred for, such as `"linux/arm64"` (`docker buildx create --platform`). */
    platforms?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * buildkitd's arguments, one each. Default: `--allow-insecure-entitlement=network.host`, which buildx also adds
     * where they name no entitlement.
     */
    buildkitdFlags?: pulumi.Input<pulumi.Input<string>[]>;
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
    /** More labels on the container. */
    labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Seconds until a boot is given up. Default: 60. */
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
        const { state, ...others } = args ?? {};
        super(
            "BuildxBuilder",
            name,
            {
                ...others,
                ...(state !== undefined && { state: referenceTo(state) }),
                containerName: undefined,
                dockerEndpoint: undefined,
                buildkitVersion: undefined,
                status: undefined,
                name: others.name,
                endpoint: others.endpoint,
                platforms: others.platforms,
                nodes: undefined,
            },
            opts,
        );
        // These arguments share their names with outputs, so that Pulumi would take what was asked for what is
        // there until the builder is made.
        this.name = this.onceMade(this.name);
        this.endpoint = this.onceMade(this.endpoint);
        this.platforms = this.onceMade(this.platforms);
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

function offeredBy<P extends string>(builder: string, offered: string[], platform: P | undefined): P {
    if (platform === undefined) return offered[0] as P;
    if (offered.includes(normalizePlatform(platform))) return platform;
    throw new pulumi.RunError(
        `builder "${builder}" does not offer ${platform}, only ${offered.join(", ")}. ` +
            "Register an emulator for it on the engine's host (docker run --privileged --rm tonistiigi/binfmt --install all) " +
            "and make the builder's container anew, or build on an engine of that platform",
    );
}
