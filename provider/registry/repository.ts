/**
 * This package's own requests to a registry, through its HTTP API (opencontainers/distribution-spec `spec.md`), with
 * the credentials of docker's configuration. Downloads and streamed uploads never hold a whole blob in memory.
 */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { retry, seconds as inSeconds } from "../retry";
import type { Waiting } from "../waiting";
import { patienceWith } from "./failureKind";
import { invalidImageName, parseImageReference } from "./imageReference";
import { type Call, isLoopback } from "./call";
import { locationIn, send, type Session } from "./request";
import { readAll } from "../streams";

export interface Blob {
    readonly digest: string;
    readonly size: number;
}

/** A repository of a registry, and the manifest in it that an image's name refers to. */
export interface Repository {
    /** The name as written, without tag and digest. */
    readonly name: string;
    /** Returns the manifest of the image's tag or digest. */
    manifest(type: string): Promise<unknown>;
    /** Uploads a manifest under the image's tag and returns its digest. */
    putManifest(type: string, text: string): Promise<string>;
    upload(content: Buffer): Promise<Blob>;
    /**
     * Uploads content of unknown size in one request, as docker does. Each part is valid until the next is requested.
     */
    uploadStream(content: AsyncIterable<Buffer>): Promise<Blob>;
    download(digest: string): Promise<Readable>;
}

const dockerHub = "registry-1.docker.io";

/** For how many seconds a request is retried after transient failures: with retries reported, and without reports. */
const [patience, shortPatience] = [60, 3];

/**
 * Opens a repository. Its requests are retried after transient failures, except the streamed request of `uploadStream`.
 *
 * @param image a name with a tag or digest.
 * @param access the access to request from the registry: `pull` or `pull,push`.
 * @param waiting if omitted, a request is retried only for a few seconds, because a refresh must be fast.
 */
export async function openRepository(image: string, access: string, waiting?: Waiting): Promise<Repository> {
    const reference = parseImageReference(image);
    if (reference === undefined) throw new Error(invalidImageName(image, "registry.example/name:tag"));
    const { domain, path, repository: name, tag, digest } = reference;
    const host = domain === "docker.io" ? dockerHub : domain;
    const base = new URL(`${isLoopback(host) ? "http" : "https"}://${host}/v2/${path}/`);
    const warned = new Set<string>();
    const session: Session = {
        domain,
        url: base,
        scope: `repository:${path}:${access}`,
        signal: waiting?.signal,
        warn: (text) => {
            if (!warned.has(text)) (waiting?.warn ?? waiting?.report)?.(text);
            warned.add(text);
        },
        login: undefined,
    };
    const withRetries = <T>(work: () => Promise<T>) =>
        retry(work, {
            patience: ({ message }: Error) => patienceWith(message, waiting ? patience : shortPatience),
            signal: waiting?.signal ?? new AbortController().signal,
            onRetry: ({ message }: Error, pause) =>
                waiting?.report(`${message.split("\n")[0]}: retrying in ${inSeconds(pause)}`),
        });
    const sendOnce = (what: string, url: URL, call: Call) => send(session, `${what} ${image}`, url, call);
    const sendRetried = (...request: Parameters<typeof sendOnce>) => withRetries(() => sendOnce(...request));
    const manifestUrl = new URL(`manifests/${digest ?? tag}`, base);

    const startUpload = async () => {
        const url = new URL("blobs/uploads/", base);
        const answer = await sendRetried("an upload for", url, { method: "POST" });
        answer.resume();
        return locationIn(answer, url);
    };
    const finishUpload = async (at: URL, blob: string, body?: Buffer) => {
        at.searchParams.set("digest", blob);
        const headers = { "Content-Type": "application/octet-stream" };
        (await sendRetried("a layer of", at, { method: "PUT", headers, body: body ?? Buffer.alloc(0) })).resume();
    };

    return {
        name,
        manifest: async (type) => {
            const call = { method: "GET", headers: { Accept: type } };
            const content = await withRetries(async () =>
                readAll(await sendOnce("the manifest of", manifestUrl, call)),
            );
            if (digest?.startsWith("sha256:") && digestOf(content) !== digest)
                throw new Error(
                    `the registry ${domain} returned other content than the digest of ${image} requires: do not trust it`,
                );
            return JSON.parse(content.toString("utf8")) as unknown;
        },
        putManifest: async (type, text) => {
            const body = Buffer.from(text);
            const call = { method: "PUT", headers: { "Content-Type": type }, body };
            (await sendRetried("the manifest of", manifestUrl, call)).resume();
            return digestOf(body);
        },
        upload: async (content) => {
            const blob = { digest: digestOf(content), size: content.length };
            await finishUpload(await startUpload(), blob.digest, content);
            return blob;
        },
        uploadStream: async (content) => {
            session.login = undefined; // so that the token is new, because a stream cannot be sent again
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
            const answer = await sendOnce("a layer of", at, { method: "PATCH", headers, body });
            answer.resume();
            const digest = `sha256:${hash.digest("hex")}`;
            await finishUpload(answer.headers.location === undefined ? at : locationIn(answer, at), digest);
            return { digest, size };
        },
        download: (blob) => sendRetried("a layer of", new URL(`blobs/${blob}`, base), { method: "GET" }),
    };
}

const digestOf = (content: Buffer) => `sha256:${createHash("sha256").update(content).digest("hex")}`;
