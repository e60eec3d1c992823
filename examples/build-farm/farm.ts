import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

export interface FarmArgs {
    /** The name of the builder. */
    name: string;
    /** The size above which BuildKit removes cache, for example "50GB". */
    maxUsedSpace: string;
    /** An HTTP proxy for pulls, for example "http://proxy.example.com:3128". */
    proxy?: string;
    /** A folder on a fast disk of the engine's host, for the cache. */
    cacheFolder?: string;
    /** Each new value prunes and archives the cache. */
    week: string;
}

/** A builder with a cache that lasts, is limited, pruned and archived. */
export class Farm extends pulumi.ComponentResource {
    readonly builder: buildx.BuildxBuilder;
    readonly archive: buildx.BuildKitStateArchive;

    constructor(name: string, args: FarmArgs, options?: pulumi.ComponentResourceOptions) {
        super("acme:builds:Farm", name, {}, options);
        const parent = { parent: this };
        const { proxy, cacheFolder } = args;

        // `pulumi destroy` keeps the cache. In production, also set { protect: true }.
        const cache = new buildx.BuildKitState(
            `${name}-cache`,
            {
                builderName: args.name,
                ...(cacheFolder && { volumeDriverOpts: { type: "none", o: "bind", device: cacheFolder } }),
            },
            { ...parent, retainOnDelete: true },
        );

        this.builder = new buildx.BuildxBuilder(
            `${name}-builder`,
            {
                state: cache,
                gc: { maxUsedSpace: args.maxUsedSpace, keepDuration: "14d" },
                driverOpts: proxy
                    ? { env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NO_PROXY: "localhost,127.0.0.1" } }
                    : {},
            },
            parent,
        );

        const prune = new buildx.BuildKitPrune(
            `${name}-prune`,
            { builderName: this.builder.name, keepDuration: "7d", triggers: [args.week] },
            parent,
        );

        this.archive = new buildx.BuildKitStateArchive(
            `${name}-archive`,
            { state: cache, to: `${args.name}.tar.zst`, triggers: [args.week] },
            { ...parent, dependsOn: [prune] },
        );
        this.registerOutputs({ builderName: this.builder.name });
    }
}
