import { setTimeout as sleep } from "node:timers/promises";
import type { ImageInspectInfo } from "dockerode";
import { type Engine, engineMessage, ifNotFound } from "./engine";
import { failureKind } from "../../registry/failureKind";
import { type ImageReference, isPinned, parseImageReference } from "../../registry/imageReference";

/** How long the details of an image are reused, in seconds, if it is named by its identifier and so does not change. */
const sameImageHolds = 10;

/** Returns an image that the engine has, or `undefined` if it has no image of that name. */
export const inspectImage = ({ api, requests }: Engine, name: string): Promise<ImageInspectInfo | undefined> =>
    requests.get(`image ${name}`, name.startsWith("sha256:") ? sameImageHolds : 0, () =>
        api.getImage(name).inspect().catch(ifNotFound),
    );

/**
 * Returns an image and the name under which the engine has it, or `undefined` if the engine does not have it. An image
 * that is pinned by its digest may have only its name in a mirror: an engine cannot add a second name to a digest.
 */
export async function findImage(
    engine: Engine,
    name: string,
    inMirrors: readonly string[],
): Promise<{ name: string; image: ImageInspectInfo } | undefined> {
    for (const each of [name, ...(isPinned(name) ? inMirrors : [])]) {
        const image = await inspectImage(engine, each);
        if (image !== undefined) return { name: each, image };
    }
    return undefined;
}

/**
 * Returns the digest that an image has under a name in its registry, or otherwise in a mirror of that registry. If the
 * image was in neither, returns the digest of its configuration.
 */
export function imageDigest(image: ImageInspectInfo, name: string): string {
    const wanted = parseImageReference(name);
    const digests = (image.RepoDigests ?? []).map(parseImageReference).filter((each) => each !== undefined);
    const own = digests.find((each) => each.domain === wanted?.domain && each.path === wanted.path);
    const inMirror = digests.find((each) => wanted && `/${each.path}`.endsWith(`/${wanted.path}`));
    return (own ?? inMirror)?.digest ?? image.Id;
}

/**
 * Returns the digest that a name has in a mirror or, if the mirrors fail, in its registry. The engine sends the
 * requests and pulls nothing. Returns `undefined` if none of them can be reached or has the image. After a transient
 * failure, a request is retried once.
 */
export async function digestInRegistry(
    engine: Engine,
    name: string,
    inMirrors: readonly string[],
): Promise<string | undefined> {
    for (const each of [...inMirrors, name]) {
        const digest = await retryOnce(() => queryDigest(engine, each)).catch(() => undefined); // the next one may have it
        if (digest) return digest;
    }
    return undefined;
}

async function queryDigest({ api }: Engine, name: string): Promise<string | undefined> {
    const { registryCredentials } = await import("../../registry/credentials");
    const { auth } = await registryCredentials((parseImageReference(name) as ImageReference).domain);
    const late = sleep(digestTimeout, undefined, { ref: false });
    const response = api.getImage(name).distribution({ authconfig: auth }) as Promise<DistributionAnswer>;
    return (await Promise.race([response, late]))?.Descriptor?.digest;
}

async function retryOnce<T>(query: () => Promise<T>): Promise<T> {
    try {
        return await query();
    } catch (error) {
        if (failureKind(engineMessage(error)) !== "transient") throw error;
        await sleep(500);
        return query();
    }
}

/** How long a registry may take to respond, in milliseconds. It is short because a refresh must be fast. */
const digestTimeout = 8_000;

interface DistributionAnswer {
    Descriptor?: { digest?: string };
}
