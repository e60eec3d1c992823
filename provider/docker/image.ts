import type { ImageInspectInfo } from "dockerode";
import { registryCredentials } from "./credentials";
import { type Engine, engineMessage, ifNotFound } from "./engine";
import { type ImageReference, parseImageReference } from "./imageReference";

/** An image that the engine has; `undefined` where it has none of that name. */
export const inspectImage = ({ api }: Engine, name: string): Promise<ImageInspectInfo | undefined> =>
    api.getImage(name).inspect().catch(ifNotFound);

/** The digest that an image has under a name in its registry; where it was never there, that of its configuration. */
export function imageDigest(image: ImageInspectInfo, name: string): string {
    const wanted = parseImageReference(name);
    const own = (image.RepoDigests ?? [])
        .map(parseImageReference)
        .find((each) => each?.domain === wanted?.domain && each?.path === wanted?.path);
    return own?.digest ?? image.Id;
}

/**
 * The digest that a name has in its registry, asked by the engine without pulling anything; `undefined` where the
 * registry cannot be reached or does not have it.
 */
export async function digestInRegistry({ api }: Engine, name: string): Promise<string | undefined> {
    try {
        const authconfig = await registryCredentials((parseImageReference(name) as ImageReference).domain);
        const answer = (await api.getImage(name).distribution({ authconfig })) as DistributionAnswer;
        return answer.Descriptor?.digest;
    } catch {
        return undefined;
    }
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
 * Asks the registry for an image, with the credentials that the user's docker configuration has for it.
 *
 * @param onProgress is told the share that is there, 0 to 100, each time it has grown.
 */
export async function pullImage(engine: Engine, name: string, onProgress: (percent: number) => void): Promise<void> {
    const reference = parseImageReference(name) as ImageReference;
    const authconfig = await registryCredentials(reference.domain);
    const tag = reference.digest ?? reference.tag;
    try {
        const stream = await engine.api.createImage(authconfig, { fromImage: reference.repository, tag });
        await new Promise<void>((resolve, reject) => {
            const percent = pullProgress(onProgress);
            engine.api.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()), percent);
        });
    } catch (error) {
        throw new Error(`image ${name} cannot be pulled: ${engineMessage(error)}`, { cause: error });
    }
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
