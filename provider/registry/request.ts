/**
 * Requests to a registry. They log in if the registry requires it, and follow redirects.
 *
 * A login is sent only to the registry's own origin: its protocol, host and port, as in docker and containerd. Another
 * host to which a request is redirected does not receive the login, even if it requests one.
 */
import type { IncomingMessage } from "node:http";
import { type Call, exchange } from "./call";
import { RegistryError, errorIn } from "./error";
import { type Login, loginAdvice, type LoginTo, logIn } from "./login";

export interface Session extends LoginTo {
    /** The login that answered the last challenge. */
    login: Login | undefined;
}

/** How many redirects are followed at most. */
const mostRedirects = 5;

/** Redirects that keep the request's method. Other redirects change it to `GET` (RFC 9110, section 15.4). */
const sameMethod = [307, 308];
const redirects = [301, 302, 303, ...sameMethod];

/**
 * Sends a request.
 *
 * @param what the content that is requested, for messages.
 * @returns the response if its status is below 300.
 * @throws {RegistryError} if the request is rejected.
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
        isRegistry &&= isAtRegistry(session, at); // stays false, even if the other host redirects back
    }
}

const isAtRegistry = ({ url }: Session, at: URL) => at.origin === url.origin;

/** Returns a response's `Location`. */
export function locationIn({ headers: { location } }: IncomingMessage, from: URL): URL {
    if (location !== undefined && URL.canParse(location, from.href)) return new URL(location, from);
    throw new Error(`the response of ${from.host} is not valid: it has no address in the header Location`);
}

/**
 * Checks that an encrypted connection stays encrypted. Docker, in contrast, follows redirects from HTTPS to HTTP.
 *
 * @throws {Error} if the registry is reached over HTTPS and the request is not.
 */
function requireAsSafe({ url, domain }: Session, at: URL): void {
    if (at.protocol === "https:" || (at.protocol === "http:" && url.protocol === "http:")) return;
    throw new Error(
        `the registry ${domain} redirects to ${at.protocol}//${at.host}, which is not encrypted. The redirect is not followed. ` +
            "Behind a proxy, configure the registry for clients that use https:// (X-Forwarded-Proto, or http.host)",
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
    const errors = await errorIn(answer, login?.secrets ?? []);
    const who = isRegistry
        ? `the registry at ${at.host}`
        : `${at.host}, to which the registry at ${url.host} redirects,`;
    const advice = isRegistry && (status === 401 || status === 403) ? `. ${login?.advice ?? loginAdvice(domain)}` : "";
    return new RegistryError(`${who} refuses ${what} (${status}${errors})${advice}`, status);
}
