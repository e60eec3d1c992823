import type { ImageInspectInfo } from "dockerode";
import { registryCredentials } from "./credentials";
import { type Engine, engineMessage, ifNotFound } from "./engine";
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
 * registry nor a mirror of it can be reached, or none has it.
 */
export async function digestInRegistry(
    { api }: Engine,
    name: string,
    inMirrors: readonly string[],
): Promise<string | undefined> {
    for (const each of [...inMirrors, name]) {
        try {
            const authconfig = await registryCredentials((parseImageReference(each) as ImageReference).domain);
            const answer = (await api.getImage(each).distribution({ authconfig })) as DistributionAnswer;
            if (answer.Descriptor?.digest) return answer.Descriptor.digest;
        } catch {
            continue; // the next one may know
        }
    }
    return undefined;
}

interface DistributionAnswer {
    Descriptor?: { digest?: string };
}

interface PullEvent {
    id?: string;
    status?: string;
    progressDetail?: { current?: number; total?: number };
}

/**
 * Asks for an image, first the mirrors of its registry and then that itself, with the credentials that the user's docker
 * configuration has for each.
 *
 * @param inMirrors the names that it has there. From a mirror it gets its own name as well, so that it is found by that.
 * @param onProgress is told what is pulled and the share that is there, 0 to 100, each time it has grown.
 * @throws what each of them answered.
 */
export async function pullImage(
    engine: Engine,
    name: string,
    inMirrors: readonly string[],
    onProgress: (from: string, percent: number) => void,
): Promise<void> {
    const failures: Error[] = [];
    for (const from of [...inMirrors, name]) {
        try {
            await pullFrom(engine, from, (percent) => onProgress(from, percent));
            if (from !== name && !isPinned(name)) await tagImage(engine, from, name);
            return;
        } catch (error) {
            failures.push(error as Error);
        }
    }
    throw new Error(`image ${name} cannot be pulled: ${whyNot(failures, name, inMirrors)}`, { cause: failures.at(-1) });
}

/**
 * The same, told in a few words.
 *
 * @param asked.mayFail the engine has the image, and where it cannot be pulled that one serves.
 */
export async function pullOrKeep(
    engine: Engine,
    asked: { readonly image: string; readonly inMirrors: readonly string[]; readonly mayFail: boolean },
    report: (text: string) => void,
): Promise<void> {
    const { image, inMirrors, mayFail } = asked;
    report(`pulling ${image}`);
    try {
        await pullImage(engine, image, inMirrors, (from, percent) => report(`pulling ${from}: ${percent}%`));
    } catch (error) {
        if (!mayFail) throw error;
        report(`using the ${image} that the engine has: ${(error as Error).message}`);
    }
}

function whyNot(failures: readonly Error[], name: string, inMirrors: readonly string[]): string {
    const said = failures.map((error, index) => withAdvice(engineMessage(error), inMirrors[index] ?? name));
    if (inMirrors.length === 0) return said.join();
    const each = said.map((message, index) => {
        const mirror = inMirrors[index];
        return mirror === undefined ? `its own registry: ${message}` : `the mirror's ${mirror}: ${message}`;
    });
    const isTls = said.some((message) => /HTTP response to HTTPS client|x509:|certificate/.test(message));
    const advice =
        "The engine pulls it, so that the engine's own configuration says how it speaks to a mirror " +
        "(insecure-registries in its daemon.json, certificates in /etc/docker/certs.d), not buildkitd's";
    return ["", ...each, ...(isTls ? [advice] : [])].join("\n  ");
}

function withAdvice(message: string, name: string): string {
    const { domain } = parseImageReference(name) as ImageReference;
    const isLogin = /no basic auth credentials|unauthorized|authentication required|denied/.test(message);
    return isLogin ? `${message}. Log in with: docker login ${domain}` : message;
}

async function pullFrom(engine: Engine, name: string, onProgress: (percent: number) => void): Promise<void> {
    const reference = parseImageReference(name) as ImageReference;
    const authconfig = await registryCredentials(reference.domain);
    const tag = reference.digest ?? reference.tag;
    const stream = await engine.api.createImage(authconfig, { fromImage: reference.repository, tag });
    await new Promise<void>((resolve, reject) => {
        const percent = pullProgress(onProgress);
        engine.api.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()), percent);
    });
}

async function tagImage({ api }: Engine, from: string, name: string): Promise<void> {
    const { repository: repo, tag } = parseImageReference(name) as ImageReference;
    await api.getImage(from).tag({ repo, tag });
}

/** Adds up the layers' downloads; a total is known once each layer has told its size. */
function pullProgress(onProgress: (percent: number) => void): (event: PullEvent) => void {
    const layers = new Map<string, { current: number; total: number }>();
    let shown = -1;
    return ({ id, status, progressDetail }) => {
        if (id === undefined || status !== "Downloading" || !progressDetail?.total) return;
        layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total });
        const sum = (of: "current" | "total") => [...layers.values()].reduce((all, layer) => all + layer[of], 0);
        const percent = Math.floor((100 * sum("current")) / sum("total"));
        if (percent > shown) onProgress((shown = percent));
    };
}
