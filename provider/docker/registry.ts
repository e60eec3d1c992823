/**
 * What this package asks of a registry itself, by its HTTP API (opencontainers/distribution-spec `spec.md`), with the
 * credentials of docker's configuration. Blobs are streamed both ways, and never held as a whole.
 */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { retry, seconds as inSeconds } from "../retry";
import type { Waiting } from "../waiting";
import { patienceWith } from "./failureKind";
import { parseImageReference } from "./imageReference";
import { type Call, isLoopback } from "./registryCall";
import { locationIn, send, type Session } from "./registryRequest";
import { readAll } from "./streams";

export interface Blob {
    readonly digest: string;
    readonly size: number;
}

/** A repository, and in it what an image's name stands for. */
export interface Repository {
    /** The name without tag and digest, as it was written. */
    readonly name: string;
    /** Of the image's tag or digest. */
    manifest(type: string): Promise<unknown>;
    /** Puts it under the image's tag, and gives its digest. */
    putManifest(type: string, text: string): Promise<string>;
    upload(content: Buffer): Promise<Blob>;
    /** Uploads in one request what is not known before, as docker does it. Each part is there until the next is asked for. */
    uploadStream(content: AsyncIterable<Buffer>): Promise<Blob>;
    download(digest: string): Promise<Readable>;
}

const dockerHub = "registry-1.docker.io";

/** For how many seconds a request that fails in passing is made again, and for how many where nobody sees that it is. */
const [patience, shortPatience] = [60, 3];

/**
 * Requests that fail in passing are made again, but for the one that streams what is not known before.
 *
 * @param image a name with a tag or digest.
 * @param access what is going to be done there, in the registry's words: `pull` or `pull,push`.
 * @param waiting left out, a request is made again for a few seconds only, as a refresh has to be fast.
 */
export async function openRepository(image: string, access: string, waiting?: Waiting): Promise<Repository> {
    const reference = parseImageReference(image);
    if (reference === undefined) throw new Error(`"${image}" is no image's name: write registry/name:tag`);
    const { domain, path, repository: name, tag, digest } = reference;
    const host = domain === "docker.io" ? dockerHub : domain;
    const base = new URL(`${isLoopback(host) ? "http" : "https"}://${host}/v2/${path}/`);
    const told = new Set<string>();
    const session: Session = {
        domain,
        url: base,
        scope: `repository:${path}:${access}`,
        signal: waiting?.signal,
        warn: (text) => {
            if (!told.has(text)) (waiting?.warn ?? waiting?.report)?.(text);
            told.add(text);
        },
        login: undefined,
    };
    const patiently = <T>(work: () => Promise<T>) =>
        retry(work, {
            patience: ({ message }: Error) => patienceWith(message, waiting ? patience : shortPatience),
            signal: waiting?.signal ?? new AbortController().signal,
            onRetry: ({ message }: Error, pause) =>
                waiting?.report(`${message.split("\n")[0]}: trying again in ${inSeconds(pause)}`),
        });
    const once = (what: string, url: URL, call: Call) => send(session, `${what} ${image}`, url, call);
    const ask = (...asked: Parameters<typeof once>) => patiently(() => once(...asked));
    const manifestUrl = new URL(`manifests/${digest ?? tag}`, base);

    const startUpload = async () => {
        const url = new URL("blobs/uploads/", base);
        const answer = await ask("an upload for", url, { method: "POST" });
        answer.resume();
        return locationIn(answer, url);
    };
    const finishUpload = async (at: URL, blob: string, body?: Buffer) => {
        at.searchParams.set("digest", blob);
        const headers = { "Content-Type": "application/octet-stream" };
        (await ask("a layer of", at, { method: "PUT", headers, body: body ?? Buffer.alloc(0) })).resume();
    };

    return {
        name,
        manifest: async (type) => {
            const call = { method: "GET", headers: { Accept: type } };
            const content = await patiently(async () => readAll(await once("the manifest of", manifestUrl, call)));
            if (digest?.startsWith("sha256:") && digestOf(content) !== digest)
                throw new Error(
                    `the registry ${domain} has something else under the digest of ${image}: do not trust it`,
                );
            return JSON.parse(content.toString("utf8")) as unknown;
        },
        putManifest: async (type, text) => {
            const body = Buffer.from(text);
            const call = { method: "PUT", headers: { "Content-Type": type }, body };
            (await ask("the manifest of", manifestUrl, call)).resume();
            return digestOf(body);
        },
        upload: async (content) => {
            const blob = { digest: digestOf(content), size: content.length };
            await finishUpload(await startUpload(), blob.digest, content);
            return blob;
        },
        uploadStream: async (content) => {
            session.login = undefined; // so that the token is a new one, since a stream cannot be sent again
            const at = await startUpload();
            const hash = createHash("sha256");
            let size = 0;
            const body = (async function* () {
                for await (const part of content) {
                    hash.update(part);
                    size += part.length;
                    yield part;
                }
            })();
            const headers = { "Content-Type": "application/octet-stream" };
            const answer = await once("a layer of", at, { method: "PATCH", headers, body });
            answer.resume();
            const digest = `sha256:${hash.digest("hex")}`;
            await finishUpload(answer.headers.location === undefined ? at : locationIn(answer, at), digest);
            return { digest, size };
        },
        download: (blob) => ask("a layer of", new URL(`blobs/${blob}`, base), { method: "GET" }),
    };
}

const digestOf = (content: Buffer) => `sha256:${createHash("sha256").update(content).digest("hex")}`;
