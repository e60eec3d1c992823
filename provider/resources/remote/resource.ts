import type * as pulumi from "@pulumi/pulumi";
import type { Inputs } from "../../program/inputs";
import { BuildxResource } from "../../program/resource";
import { type ImageArgs, imageArgsOf } from "../builder/imageArgs";
import type { RemoteTlsArguments } from "./args";
import { type RemoteNodeOutputs, type RemoteStatus, outputs } from "./outputs";
import { registeredArgs, registeredOptions } from "./registered";

/** Options of a node. On the builder itself they are the defaults of its nodes. */
export interface RemoteNodeOptions {
    /**
     * Certificates for the connection to a `tcp://` endpoint. The text of a certificate or key is written to a file in
     * buildx's configuration directory, which only the user can read and which is removed with the builder.
     * @default no TLS
     */
    tls?: Inputs<RemoteTlsArguments>;
    /** Platforms that buildx prefers the node for, for example `"linux/arm64"` (`docker buildx create --platform`). */
    platforms?: pulumi.Input<pulumi.Input<string>[]>;
}

/** A node of a {@link RemoteBuilder}: a BuildKit daemon that already runs. */
export interface RemoteNodeArgs extends RemoteNodeOptions {
    /**
     * Name of the node. An automatic name is kept when other nodes are added or removed.
     * @default the first free name of `<builder>0`, `<builder>1`, …
     */
    name?: pulumi.Input<string>;
    /**
     * Address of the daemon: `tcp://host:port`, `unix:///path`, `ssh://[user@]host[:port][/socket]`,
     * `docker-container://container`, `kube-pod://pod?namespace=…`, or `npipe://` on Windows. Each node has its own.
     */
    endpoint: pulumi.Input<string>;
}

/** Arguments of a {@link RemoteBuilder}. */
export interface RemoteBuilderArgs extends RemoteNodeOptions {
    /**
     * Name of the builder: a letter, then letters, digits, `.`, `_` and `-`. It is converted to lower case. `default`
     * is reserved. An automatic name is kept for the lifetime of the resource.
     * @default `<logical name>-<7 hex digits>`
     */
    name?: pulumi.Input<string>;
    /**
     * Address of the daemon: `tcp://host:port`, `unix:///path`, `ssh://[user@]host[:port][/socket]`,
     * `docker-container://container[?context=…]`, `kube-pod://pod[?context=…&namespace=…&container=…]`, or `npipe://` on
     * Windows. `ssh`, `docker-container` and `kube-pod` run `buildctl` there. Required without `nodes`.
     */
    endpoint?: pulumi.Input<string>;
    /**
     * Nodes of the builder, each another daemon (`docker buildx create --append`). Builds for several platforms then run
     * on several machines at once. If a node does not set an option, it uses the builder's option.
     * @default one node with the builder's endpoint and options
     */
    nodes?: pulumi.Input<pulumi.Input<RemoteNodeArgs>[]>;
    /**
     * Load the result of a build into the docker CLI's engine if the build has no other output (buildx:
     * `default-load`).
     * @default false
     */
    defaultLoad?: pulumi.Input<boolean>;
    /**
     * Platforms that the daemons together must offer. If a platform is missing, `pulumi up` fails. Without this check,
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
     * Take over an existing record of the same name and driver, for example of `docker buildx create --driver remote`. If
     * `adopt` is false and the record exists, the creation fails.
     * @default false
     */
    adopt?: pulumi.Input<boolean>;
    /**
     * Time limit for a daemon that does not respond yet, in seconds: the same program may just be starting it. An error
     * that does not go away by itself, for example a rejected certificate, is reported at once.
     * @default 60
     */
    bootTimeout?: pulumi.Input<number>;
}

/**
 * A buildx builder of the `remote` driver: the record with which buildx, `docker build` and Pulumi's docker-build provider
 * find BuildKit daemons that already run (docs.docker.com, "Remote driver").
 *
 * ```ts
 * const builder = new RemoteBuilder("farm", {
 *     endpoint: "tcp://buildkitd.example:1234",
 *     tls: { ca: "certs/ca.pem", cert: "certs/cert.pem", key: "certs/key.pem" },
 * });
 *
 * new dockerBuild.Image("app", { ...builder.imageArgs(["linux/amd64"]), context: { location: "./app" }, push: false });
 * ```
 *
 * The creation waits until each daemon responds. The daemons are never changed: the removal of the builder removes only
 * its record and the files of its certificates. Every argument but `name` is updated in place.
 */
export class RemoteBuilder extends BuildxResource {
    /** Name of the builder, for `docker buildx build --builder`. Unknown in the preview that creates the builder. */
    declare readonly name: pulumi.Output<string>;
    /** BuildKit address of the first node (for `buildctl --addr`). */
    declare readonly endpoint: pulumi.Output<string>;
    /** Platforms that all nodes together offer, as BuildKit reports them: `linux/amd64`, … */
    declare readonly platforms: pulumi.Output<string[]>;
    /** BuildKit version of the first node, for example `v0.34.2`. */
    declare readonly buildkitVersion: pulumi.Output<string>;
    /** Status of the first node: `running`; `inactive` if no BuildKit daemon responds at its endpoint. */
    declare readonly status: pulumi.Output<RemoteStatus>;
    /** Outputs of each node. */
    declare readonly nodes: pulumi.Output<RemoteNodeOutputs[]>;

    /**
     * Returns an existing builder, of another stack or created manually.
     *
     * @param id the builder's name.
     * @throws at preview if buildx has no record of that name, or the record has another driver.
     */
    static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): RemoteBuilder {
        return new RemoteBuilder(name, undefined, { ...opts, id });
    }

    /**
     * @param name the resource's logical name. If the argument `name` is not set, the builder's name starts with it.
     * @throws at preview if an argument is not valid. The error names the property.
     */
    constructor(name: string, args?: RemoteBuilderArgs, opts?: pulumi.CustomResourceOptions) {
        super("RemoteBuilder", name, registeredArgs(args ?? {}), outputs, registeredOptions(args ?? {}, opts));
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
