/** Has the engine pull an image: from the mirrors of its registry, from that itself, and again where that fails in passing. */
import { addAbortSignal, type Readable } from "node:stream";
import { retry, seconds as inSeconds } from "../retry";
import { untilAborted, type Waiting } from "../waiting";
import { registryCredentials } from "./credentials";
import { type Engine, engineMessage, statusOf } from "./engine";
import { failureKind, patienceWith } from "./failureKind";
import { type ImageReference, isPinned, parseImageReference } from "./imageReference";
import { eventsIn, pullProgress } from "./pullProgress";
import { loginAdvice } from "./registryLogin";

export interface Pull {
    readonly image: string;
    /** The names that it has in the mirrors of its registry. */
    readonly inMirrors?: readonly string[];
    /**
     * For how many seconds a pull that fails in passing is tried again, from the first failure on. Default:
     * {@link defaultPatience}.
     */
    readonly seconds?: number;
    /** The argument that says so, where there is one. */
    readonly argument?: string;
}

/** Seconds, where no argument says how many. */
export const defaultPatience = 60;

/** How long a pull is tried again, in seconds, where the engine has the image already. */
const patienceWithImage = 10;

/** How long a mirror may take until it begins to give an image, in milliseconds: another one may have it. */
const mirrorTimeout = 10_000;

/**
 * Asks for an image, first the mirrors of its registry and then that itself, with the credentials that the user's docker
 * configuration has for each. Where one of them fails in passing, those that did are asked again after a pause. A mirror that
 * the engine cannot reach is not: it may be one that the builder alone can.
 *
 * From a mirror the image gets its own name as well, so that it is found by that.
 *
 * @throws what each of them answered.
 */
export async function pullImage(engine: Engine, pull: Pull, waiting: Waiting): Promise<void> {
    const { image, inMirrors = [], seconds = defaultPatience, argument } = pull;
    const failures = new Map<string, PullFailure>();
    const told = new Set<string>();
    const passing = () => [...failures.values()].filter((failure) => canPass(failure, image));
    const patience = () => Math.max(0, ...passing().map(({ message }) => patienceWith(message, seconds)));
    try {
        await retry(() => pullFromOne(engine, { image, inMirrors, failures, told }, waiting), {
            patience: (error) => (error instanceof PullFailure ? patience() : 0),
            signal: waiting.signal,
            onRetry: (_, pause) => {
                const why = passing()[0]?.message.split("\n")[0]?.slice(0, 400);
                const limit = argument === undefined ? "" : ` (${seconds} s at most: ${argument})`;
                waiting.report(`pulling ${image} failed (${why}): trying again in ${inSeconds(pause)}${limit}`);
            },
        });
    } catch (error) {
        if (!(error instanceof PullFailure)) throw error;
        const said = whyNot([...failures.values()], image, inMirrors);
        const tried = argument !== undefined && patience() === seconds;
        const advice = tried ? `. It was tried again for ${seconds} s (${argument})` : "";
        throw new Error(`image ${image} cannot be pulled: ${said}${advice}`, { cause: error });
    }
}

/**
 * The same for an image that the engine may have.
 *
 * @param pull.mayFail the engine has the image, and where it cannot be pulled that one serves.
 */
export async function pullOrKeep(
    engine: Engine,
    { mayFail, ...pull }: Pull & { readonly mayFail: boolean },
    waiting: Waiting,
): Promise<void> {
    const { image, inMirrors = [], seconds = defaultPatience } = pull;
    const short = { image, inMirrors, seconds: Math.min(seconds, patienceWithImage) };
    try {
        await pullImage(engine, mayFail ? short : pull, waiting);
    } catch (error) {
        if (!mayFail || waiting.signal.aborted) throw error;
        waiting.report(`using the ${image} that the engine has: ${(error as Error).message}`);
    }
}

/** What a registry answered, or the engine of it. */
class PullFailure extends Error {
    constructor(
        readonly from: string,
        message: string,
        /** Why the registry may have been asked without a login. */
        readonly trouble: string | undefined,
        cause: unknown,
    ) {
        super(message, { cause });
    }
}

/** Whether it is worth asking again. A mirror that cannot be reached may be one that the builder alone can reach. */
function canPass({ from, message }: PullFailure, image: string): boolean {
    const kind = failureKind(message);
    return kind === "transient" || (kind === "unreachable" && from === image);
}

interface Candidates {
    readonly image: string;
    readonly inMirrors: readonly string[];
    /** What each has failed with so far. */
    readonly failures: Map<string, PullFailure>;
    /** What the user was warned of. */
    readonly told: Set<string>;
}

/** Asks each of those that have not failed for good, until one has it; throws the last failure. */
async function pullFromOne(
    engine: Engine,
    { image, inMirrors, failures, told }: Candidates,
    waiting: Waiting,
): Promise<void> {
    for (const from of [...inMirrors, image]) {
        const before = failures.get(from);
        if (before !== undefined && !canPass(before, image)) continue;
        try {
            waiting.report(`pulling ${from}`);
            await pullFrom(engine, from, { isMirror: from !== image, told }, waiting);
            if (from !== image && !isPinned(image)) await tagImage(engine, from, image);
            return;
        } catch (error) {
            if (!(error instanceof PullFailure)) throw error;
            failures.set(from, error);
        }
    }
    throw [...failures.values()].at(-1) as PullFailure;
}

/** @throws PullFailure where the registry or the engine's way to it is the reason. */
async function pullFrom(
    engine: Engine,
    name: string,
    { isMirror, told }: { isMirror: boolean; told: Set<string> },
    waiting: Waiting,
): Promise<void> {
    const reference = parseImageReference(name) as ImageReference;
    const { auth, trouble } = await registryCredentials(reference.domain);
    if (trouble !== undefined && !told.has(trouble)) {
        told.add(trouble);
        const how = auth === undefined ? "without a login" : "with another login of docker's configuration";
        void (waiting.warn ?? waiting.report)(`${trouble}. ${name} is pulled ${how}`);
    }
    const late = new AbortController();
    const timer = isMirror ? setTimeout(() => late.abort(), mirrorTimeout) : undefined;
    const signal = AbortSignal.any([waiting.signal, late.signal]);
    try {
        const options = {
            fromImage: reference.repository,
            tag: reference.digest ?? reference.tag,
            abortSignal: signal,
        };
        const started = engine.api.createImage(auth, options) as Promise<Readable>;
        started.then((stream) => signal.aborted && stream.destroy()).catch(() => {});
        const stream = addAbortSignal(signal, await untilAborted(started, signal));
        const percent = pullProgress((share) => waiting.report(`pulling ${name}: ${share}%`));
        for await (const event of eventsIn(stream)) {
            clearTimeout(timer);
            percent(event);
        }
    } catch (error) {
        waiting.signal.throwIfAborted();
        const isLate = late.signal.aborted;
        // What the client itself failed with has a code: the connection to the engine, not the registry.
        if (!isLate && statusOf(error) === undefined && (error as NodeJS.ErrnoException).code !== undefined)
            throw error;
        const said = isLate ? `it gave nothing within ${mirrorTimeout / 1000} s` : engineMessage(error);
        throw new PullFailure(name, said, trouble, error);
    } finally {
        clearTimeout(timer);
    }
}

async function tagImage({ api }: Engine, from: string, name: string): Promise<void> {
    const { repository: repo, tag } = parseImageReference(name) as ImageReference;
    await api.getImage(from).tag({ repo, tag });
}

/** All that was answered, each with the name of who did where there are several, and what can be done. */
function whyNot(failures: readonly PullFailure[], name: string, inMirrors: readonly string[]): string {
    const said = failures.map((failure) => ({ ...failure, message: withAdvice(failure) }));
    if (inMirrors.length === 0) return said.map(({ message }) => message).join();
    const each = said.map(({ from, message }) =>
        from === name ? `its own registry: ${message}` : `the mirror's ${from}: ${message}`,
    );
    const isTls = said.some(({ message }) => /HTTP response to HTTPS client|x509:|certificate/.test(message));
    const advice =
        "The engine pulls it, so that the engine's own configuration says how it speaks to a mirror " +
        "(insecure-registries in its daemon.json, certificates in /etc/docker/certs.d), not buildkitd's";
    return ["", ...each, ...(isTls ? [advice] : [])].join("\n  ");
}

function withAdvice({ message, from, trouble }: PullFailure): string {
    const { domain } = parseImageReference(from) as ImageReference;
    return isAboutLogin(message) ? `${message}. ${loginAdvice(domain, trouble)}` : message;
}

const isAboutLogin = (message: string) =>
    /no basic auth credentials|unauthorized|authentication required|denied/.test(message);
