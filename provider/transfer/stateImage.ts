/** A state as an OCI image: an artifact whose only layer is the archive (opencontainers/image-spec `manifest.md`). */
import type { Blob, Repository } from "../registry/repository";
import type { Manifest, Trailer } from "./format";

export const layerType = "application/vnd.pulumi-buildx.state.v1.tar+zstd";

const artifactType = "application/vnd.pulumi-buildx.state.v1";
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const emptyType = "application/vnd.oci.empty.v1+json";
/** The empty configuration, for an image that needs no configuration. */
export const emptyConfig = Buffer.from("{}");

const prefix = "io.github.pulumi-buildx.state.";

interface ImageManifest {
    artifactType?: string;
    layers?: { mediaType?: string; digest?: string; size?: number }[];
    annotations?: Record<string, string>;
}

/**
 * Creates an image from a configuration and a layer that are already in the registry. Returns the name of the image
 * with its digest.
 */
export async function putStateImage(
    repository: Repository,
    config: Blob,
    layer: Blob,
    manifest: Manifest,
    { sha256, bytes }: Trailer,
): Promise<string> {
    const metadata: Record<string, string | number> = { ...manifest, sha256, bytes };
    const values = Object.entries(metadata).map(([key, value]) => [prefix + key, String(value)] as const);
    const digest = await repository.putManifest(
        manifestType,
        JSON.stringify({
            schemaVersion: 2,
            mediaType: manifestType,
            artifactType,
            config: { mediaType: emptyType, ...config, data: emptyConfig.toString("base64") },
            layers: [{ mediaType: layerType, ...layer }],
            annotations: { ...Object.fromEntries(values), "org.opencontainers.image.created": manifest.createdAt },
        }),
    );
    return `${repository.name}@${digest}`;
}

/**
 * Returns the metadata of the state in an image, and its layer.
 *
 * @throws {Error} if the image does not exist, or if it does not contain a state.
 */
export async function readStateImage(
    repository: Repository,
    image: string,
): Promise<{ layer: Blob; manifest: Manifest; trailer: Trailer }> {
    const { layers = [], annotations = {} } = (await repository.manifest(manifestType)) as ImageManifest;
    const value = (key: string) => annotations[prefix + key] ?? "";
    const [layer] = layers;
    if (layers.length !== 1 || layer?.mediaType !== layerType || layer.digest === undefined || value("sha256") === "") {
        const found = layers.map(({ mediaType = "?" }) => mediaType).join(", ") || "none";
        throw new Error(
            `image ${image} does not contain a BuildKit state: its layers have the types ${found}, but archiveState ` +
                `writes exactly one layer of type ${layerType}`,
        );
    }
    return {
        layer: { digest: layer.digest, size: layer.size ?? 0 },
        manifest: {
            format: Number(value("format")) as 1,
            buildkitVersion: value("buildkitVersion"),
            volume: value("volume"),
            node: value("node"),
            createdAt: value("createdAt"),
            madeBy: value("madeBy"),
            architecture: value("architecture"),
        },
        trailer: { sha256: value("sha256"), bytes: Number(value("bytes")) },
    };
}
