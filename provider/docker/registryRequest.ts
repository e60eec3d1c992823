/**
 * Requests to a registry: with a login where it asks for one, and followed where it sends elsewhere.
 *
 * A login is for the registry's own origin, that is its protocol, host and port, as docker and containerd have it. Another
 * host that a request is sent on to is told nothing of it, also where it asks.
 */
import type { IncomingMessage } from "node:http";
import { type Call, exchange } from "./registryCall";
import { RegistryError, saidBy } from "./registryError";
import { type Login, loginAdvice, type LoginTo, logIn } from "./registryLogin";

export interface Session extends LoginTo {
    /** What the last challenge was answered with. */
    login: Login | undefined;
}

/** How often an answer that sends elsewhere is followed. */
const mostRedirects = 5;

/** Of these, what comes after is the same request; after others it is a `GET` (RFC 9110, section 15.4). */
const sameMethod = [307, 308];
const redirects = [301, 302, 303, ...sameMethod];

/**
 * @param what is asked for, for messages.
 * @returns an answer that is no refusal.
 * @throws RegistryError where the request is refused.
 */
export async function send(session: Session, what: string, url: URL, call: Call): Promise<IncomingMessage> {
    const { signal } = session;
    const canRepeat = call.body === undefined || Buffer.isBuffer(call.body);
    let at = url;
    let isRegistry = isAtRegistry(session, url);
    for (let followed = 0; ; followed++) {
        requireAsSafe(session, at);
        let answer = await exchange(at, call, isRegistry ? session.login?.authorization : undefined, signal);
        if (answer.statusCode === 401 && isRegistry && canRepeat) {
            answer.resume();
            session.login = await logIn(session, answer);
            answer = await exchange(at, call, session.login.authorization, signal);
        }
        const { statusCode: status = 0 } = answer;
        if (status < 300) return answer;
        const isFollowed = canRepeat && (call.method === "GET" ? redirects : sameMethod).includes(status);
        if (!isFollowed || followed === mostRedirects) throw await refusal(session, what, at, isRegistry, answer);
        answer.resume();
        at = locationIn(answer, at);
        isRegistry &&= isAtRegistry(session, at); // who was sent away stays so, also where the other host sends back
    }
}

const isAtRegistry = ({ url }: Session, at: URL) => at.origin === url.origin;

/** An answer's `Location`. */
export function locationIn({ headers: { location } }: IncomingMessage, asked: URL): URL {
    if (location !== undefined && URL.canParse(location, asked.href)) return new URL(location, asked);
    throw new Error(`${asked.host} does not say where to go on: its answer has no address as Location`);
}

/** Docker follows from HTTPS to HTTP; here, what is encrypted stays so. */
function requireAsSafe({ url, domain }: Session, at: URL): void {
    if (at.protocol === "https:" || (at.protocol === "http:" && url.protocol === "http:")) return;
    throw new Error(
        `the registry ${domain} sends on to ${at.protocol}//${at.host}, which is not encrypted, and so is not followed. ` +
            "Behind a proxy, a registry has to be told that it is reached by https:// (X-Forwarded-Proto, or http.host)",
    );
}

async function refusal(
    { domain, url, login }: Session,
    what: string,
    at: URL,
    isRegistry: boolean,
    answer: IncomingMessage,
): Promise<RegistryError> {
    const { statusCode: status = 0 } = answer;
    const said = await saidBy(answer, login?.secrets ?? []);
    const who = isRegistry
        ? `the registry at ${at.host}`
        : `${at.host}, where the registry at ${url.host} sends on to,`;
    const advice = isRegistry && (status === 401 || status === 403) ? `. ${login?.advice ?? loginAdvice(domain)}` : "";
    return new RegistryError(`${who} refuses ${what} (${status}${said})${advice}`, status);
}
