import { quote } from "../text/quote";

/** The parts of an image's name (distribution/reference). */
export interface ImageReference {
    /** The registry's host; `docker.io` if the name has none. */
    domain: string;
    /** The repository in its registry, with `library/` if Docker Hub adds it. */
    path: string;
    /** The name as written, without tag and digest: the Engine API's `fromImage`. */
    repository: string;
    /** `latest` if the name has neither tag nor digest. */
    tag?: string;
    digest?: string;
}

const domainPart = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const validPath = new RegExp(`^${pathPart}(?:/${pathPart})*$`);
const reference = new RegExp(
    `^((?:(${domain})/)?(${pathPart}(?:/${pathPart})*))(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

/** Returns the parts of an image's name, or `undefined` if it is not a valid name. */
export function parseImageReference(name: string): ImageReference | undefined {
    const [, repository, first, rest, tag, digest] = reference.exec(name) ?? [];
    if (repository === undefined || rest === undefined || repository.length > 255) return undefined;
    // The part before the first "/" is a registry only if it has a dot, a colon, an uppercase letter or "[", or is
    // "localhost". Otherwise it is a part of the repository's path.
    const isDomain = first !== undefined && (/[.:A-Z[]/.test(first) || first === "localhost");
    const path = isDomain || first === undefined ? rest : `${first}/${rest}`;
    if (!isDomain && !validPath.test(path)) return undefined;
    const isHub = !isDomain || first === "docker.io" || first === "index.docker.io";
    return {
        domain: isHub ? "docker.io" : first,
        path: !isHub || path.includes("/") ? path : `library/${path}`,
        repository,
        ...(digest ? { digest, ...(tag && { tag }) } : { tag: tag ?? "latest" }),
    };
}

/** Returns the message about an invalid image name. */
export const invalidImageName = (value: unknown, example: string): string =>
    `${quote(value)} is not a valid image name: must be [registry/]repository[:tag][@digest], for example "${example}"`;

/** Whether a name has a digest, so that it always means the same image. */
export const isPinned = (name: string): boolean => parseImageReference(name)?.digest !== undefined;

/**
 * Whether two names mean the same image. `busybox` and `docker.io/library/busybox:latest` do. So do all names with the
 * same digest, from any registry.
 */
export function sameImage(a: string, b: string): boolean {
    const [one, other] = [parseImageReference(a), parseImageReference(b)];
    if (one === undefined || other === undefined) return a === b;
    if (one.digest !== undefined || other.digest !== undefined) return one.digest === other.digest;
    const key = (of: ImageReference) => JSON.stringify([of.domain, of.path, of.tag]);
    return key(one) === key(other);
}

/**
 * Whether a container of the image `found` has the image `wanted`. It does if {@link sameImage} is true, or if `found`
 * is the tag `wanted` with the digest that the tag had then. buildx writes the tag with its digest if
 * `BUILDX_DEFAULT_POLICY=1` is set (buildx: `driver/driver.go`, `VerifyImageRef`). This function does not check whether
 * the tag now means another image.
 */
export function isImageAsked(found: string, wanted: string): boolean {
    if (sameImage(found, wanted)) return true;
    const reference = parseImageReference(found);
    if (reference?.digest === undefined || reference.tag === undefined) return false;
    return sameImage(found.slice(0, found.indexOf("@")), wanted);
}
