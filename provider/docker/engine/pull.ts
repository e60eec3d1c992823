/**
 * Pulls an image through the engine, from the mirrors of its registry or the registry, and retries transient failures.
 */
import { addAbortSignal, type Readable } from "node:stream";
import { retry, seconds as inSeconds } from "../../retry";
import { untilAborted, type Waiting } from "../../waiting";
import { registryCredentials } from "../../registry/credentials";
import { type Engine, engineMessage, statusOf } from "./engine";
import { failureKind, patienceWith } from "../../registry/failureKind";
import { type ImageReference, isPinned, parseImageReference } from "../../registry/imageReference";
import { eventsIn, pullProgress } from "./pullProgress";
import { loginAdvice } from "../../registry/login";

export interface Pull {
    readonly image: string;
    /** The names that the image has in the mirrors of its registry. */
    readonly inMirrors?: readonly string[];
    /**
     * For how many seconds a pull that fails transiently is retried, from the first failure.
     *
     * @default {@link defaultPatience}
     */
    readonly seconds?: number;
    /** The argument that sets the seconds, if there is one. */
    readonly argument?: string;
}

/** For how many seconds a pull is retried if no argument sets them. */
export const defaultPatience = 60;

/** For how many seconds at most a pull is retried if the engine already has the image. */
const patienceWithImage = 10;

/** How long a mirror may take until it starts to send an image, in milliseconds. Another mirror may have the image. */
const mirrorTimeout = 10_000;

/**
 * Pulls an image from the mirrors of its registry or, if they fail, from the registry. Each request has the credentials
 * from the user's docker configuration. If a mirror or the registry fails transiently, the pull from it is retried
 * after a pause. The pull is not retried from a mirror that the engine cannot reach: perhaps only the builder can.
 *
 * An image from a mirror is also tagged with its own name, so that it is found under that name. An image that is pinned
 * by its digest is not tagged.
 *
 * @throws {Error} if no pull succeeds. The message has the errors of the mirrors and the registry.
 */
export async function pullImage(engine: Engine, pull: Pull, waiting: Waiting): Promise<void> {
    const { image, inMirrors = [], seconds = defaultPatience, argument } = pull;
    const failures = new Map<string, PullFailure>();
    const warned = new Set<string>();
    const passing = () => [...failures.values()].filter((failure) => canPass(failure, image));
    const patience = () => Math.max(0, ...passing().map(({ message }) => patienceWith(message, seconds)));
    try {
        await retry(() => pullFromOne(engine, { image, inMirrors, failures, warned }, waiting), {
            patience: (error) => (error instanceof PullFailure ? patience() : 0),
            signal: waiting.signal,
            onRetry: (_, pause) => {
                const why = passing()[0]?.message.split("\n")[0]?.slice(0, 400);
                const limit = argument === undefined ? "" : ` (at most ${seconds} s: ${argument})`;
                waiting.report(`pulling ${image} failed (${why}): retrying in ${inSeconds(pause)}${limit}`);
            },
        });
    } catch (error) {
        if (!(error instanceof PullFailure)) throw error;
        const why = whyNot([...failures.values()], image, inMirrors);
        const tried = argument !== undefined && patience() === seconds;
        const advice = tried ? `. Retried for ${seconds} s (${argument})` : "";
        throw new Error(`image ${image} cannot be pulled: ${why}${advice}`, { cause: error });
    }
}

/**
 * Pulls an image as {@link pullImage} does, or keeps the image that the engine has.
 *
 * @param pull.mayFail whether the engine has the image, so that this image is used if the pull fails.
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
        waiting.report(`using the local image ${image}: ${(error as Error).message}`);
    }
}

/** Failure of a pull, reported by a registry or by the engine. */
class PullFailure extends Error {
    constructor(
        readonly from: string,
        message: string,
        /** Why the registry may have been queried without a login. */
        readonly problem: string | undefined,
        cause: unknown,
    ) {
        super(message, { cause });
    }
}

/**
 * Whether a retry may succeed. A mirror that cannot be reached is not retried: perhaps only the builder can reach it.
 */
function canPass({ from, message }: PullFailure, image: string): boolean {
    const kind = failureKind(message);
    return kind === "transient" || (kind === "unreachable" && from === image);
}

interface Candidates {
    readonly image: string;
    readonly inMirrors: readonly string[];
    /** The last failure of each mirror and the registry, by the image's name there. */
    readonly failures: Map<string, PullFailure>;
    /** The warnings that the user has received. */
    readonly warned: Set<string>;
}

/**
 * Pulls from each mirror and the registry in turn until one pull succeeds. Skips those whose failure is final.
 *
 * @throws {PullFailure} if no pull succeeds.
 */
async function pullFromOne(
    engine: Engine,
    { image, inMirrors, failures, warned }: Candidates,
    waiting: Waiting,
): Promise<void> {
    for (const from of [...inMirrors, image]) {
        const before = failures.get(from);
        if (before !== undefined && !canPass(before, image)) continue;
        try {
            waiting.report(`pulling ${from}`);
            await pullFrom(engine, from, { isMirror: from !== image, warned }, waiting);
            if (from !== image && !isPinned(image)) await tagImage(engine, from, image);
            return;
        } catch (error) {
            if (!(error instanceof PullFailure)) throw error;
            failures.set(from, error);
        }
    }
    throw [...failures.values()].at(-1) as PullFailure;
}

/**
 * Pulls an image under one of its names.
 *
 * @throws {PullFailure} if the registry, or the engine's connection to it, is the cause.
 */
async function pullFrom(
    engine: Engine,
    name: string,
    { isMirror, warned }: { isMirror: boolean; warned: Set<string> },
    waiting: Waiting,
): Promise<void> {
    const reference = parseImageReference(name) as ImageReference;
    const { auth, problem } = await registryCredentials(reference.domain);
    if (problem !== undefined && !warned.has(problem)) {
        warned.add(problem);
        const how = auth === undefined ? "without a login" : "with another login from docker's configuration";
        (waiting.warn ?? waiting.report)(`${problem}. Pulling ${name} ${how}`);
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
        // An error with a code is the client's own: the connection to the engine failed, not the registry.
        if (!isLate && statusOf(error) === undefined && (error as NodeJS.ErrnoException).code !== undefined)
            throw error;
        const reason = isLate ? `no data within ${mirrorTimeout / 1000} s` : engineMessage(error);
        throw new PullFailure(name, reason, problem, error);
    } finally {
        clearTimeout(timer);
    }
}

async function tagImage({ api }: Engine, from: string, name: string): Promise<void> {
    const { repository: repo, tag } = parseImageReference(name) as ImageReference;
    await api.getImage(from).tag({ repo, tag });
}

/**
 * Returns all error messages with advice. If the registry has mirrors, each message names the mirror or the registry.
 */
function whyNot(failures: readonly PullFailure[], name: string, inMirrors: readonly string[]): string {
    const reasons = failures.map((failure) => ({ ...failure, message: withLoginAdvice(failure) }));
    if (inMirrors.length === 0) return reasons.map(({ message }) => message).join();
    const each = reasons.map(({ from, message }) =>
        from === name ? `its registry: ${message}` : `the mirror, ${from}: ${message}`,
    );
    const isTls = reasons.some(({ message }) => /HTTP response to HTTPS client|x509:|certificate/.test(message));
    const advice =
        "The engine pulls the image, so the engine's own configuration of the mirror applies " +
        "(insecure-registries in daemon.json, certificates in /etc/docker/certs.d), not buildkitd's";
    return ["", ...each, ...(isTls ? [advice] : [])].join("\n  ");
}

function withLoginAdvice({ message, from, problem }: PullFailure): string {
    const { domain } = parseImageReference(from) as ImageReference;
    return isAboutLogin(message) ? `${message}. ${loginAdvice(domain, problem)}` : message;
}

const isAboutLogin = (message: string) =>
    /no basic auth credentials|unauthorized|authentication required|denied/.test(message);
