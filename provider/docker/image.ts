import { setTimeout as sleep } from "node:timers/promises";
import type { ImageInspectInfo } from "dockerode";
import { registryCredentials } from "./credentials";
import { type Engine, engineMessage, ifNotFound } from "./engine";
import { failureKind } from "./failureKind";
import { type ImageReference, isPinned, parseImageReference } from "./imageReference";

/** How long the answer about an image holds that is named by its identifier, in seconds: that one does not change. */
const sameImageHolds = 10;

/** An image that the engine has; `undefined` where it has none of that name. */
export const inspectImage = ({ api, answers }: Engine, name: string): Promise<ImageInspectInfo | undefined> =>
    answers.share(`image ${name}`, name.startsWith("sha256:") ? sameImageHolds : 0, () =>
        api.getImage(name).inspect().catch(ifNotFound),
    );

/**
 * The name by which the engine has an image, and the image. One that is named by its digest may be there by the name that
 * it has in a mirror, since no engine gives a second name to a digest.
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
 * The digest that an image has under a name in its registry, or else in a mirror of it; where it was in neither, that of
 * its configuration.
 */
export function imageDigest(image: ImageInspectInfo, name: string): string {
    const wanted = parseImageReference(name);
    const digests = (image.RepoDigests ?? []).map(parseImageReference).filter((each) => each !== undefined);
    const own = digests.find((each) => each.domain === wanted?.domain && each.path === wanted.path);
    const inMirror = digests.find((each) => wanted && `/${each.path}`.endsWith(`/${wanted.path}`));
    return (own ?? inMirror)?.digest ?? image.Id;
}

/**
 * The digest that a name has in its registry, asked by the engine without pulling anything; `undefined` where neither the
 * registry nor a mirror of it can be reached, or none has it. One that fails in passing is asked once more.
 */
export async function digestInRegistry(
    engine: Engine,
    name: string,
    inMirrors: readonly string[],
): Promise<string | undefined> {
    for (const each of [...inMirrors, name]) {
        const digest = await askTwice(() => askDigest(engine, each)).catch(() => undefined); // the next one may know
        if (digest) return digest;
    }
    return undefined;
}

async function askDigest({ api }: Engine, name: string): Promise<string | undefined> {
    const { auth } = await registryCredentials((parseImageReference(name) as ImageReference).domain);
    const late = sleep(digestTimeout, undefined, { ref: false });
    const asked = api.getImage(name).distribution({ authconfig: auth }) as Promise<DistributionAnswer>;
    return (await Promise.race([asked, late]))?.Descriptor?.digest;
}

async function askTwice<T>(ask: () => Promise<T>): Promise<T> {
    try {
        return await ask();
    } catch (error) {
        if (failureKind(engineMessage(error)) !== "transient") throw error;
        await sleep(500);
        return ask();
    }
}

/** How long a registry may take to answer, in milliseconds: a refresh has to be fast. */
const digestTimeout = 8_000;

interface DistributionAnswer {
    Descriptor?: { digest?: string };
}
