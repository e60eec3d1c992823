/** An image's name, taken apart (distribution/reference). */
export interface ImageReference {
    /** The registry's host, `docker.io` where the name has none. */
    domain: string;
    /** The repository in its registry, with `library/` where Docker Hub adds it. */
    path: string;
    /** What the Engine API takes as `fromImage`: the name without tag and digest, as it was written. */
    repository: string;
    /** `latest` where the name has neither tag nor digest. */
    tag?: string;
    digest?: string;
}

const domainPart = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const reference = new RegExp(
    `^((?:(${domain})/)?(${pathPart}(?:/${pathPart})*))(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

/** The parts of an image's name, or `undefined` where it is none. */
export function parseImageReference(name: string): ImageReference | undefined {
    const [, repository, first, rest, tag, digest] = reference.exec(name) ?? [];
    if (repository === undefined || rest === undefined || repository.length > 255) return undefined;
    // Up to the first "/" stands a registry only where it could not be a part of a repository's path.
    const isDomain = first !== undefined && (/[.:A-Z[]/.test(first) || first === "localhost");
    const path = isDomain || first === undefined ? rest : `${first}/${rest}`;
    if (!isDomain && !new RegExp(`^${pathPart}(?:/${pathPart})*$`).test(path)) return undefined;
    const isHub = !isDomain || first === "docker.io" || first === "index.docker.io";
    return {
        domain: isHub ? "docker.io" : first,
        path: !isHub || path.includes("/") ? path : `library/${path}`,
        repository,
        ...(digest ? { digest, ...(tag && { tag }) } : { tag: tag ?? "latest" }),
    };
}

/** Whether a name can never mean another image. */
export const isPinned = (name: string): boolean => parseImageReference(name)?.digest !== undefined;

/**
 * Whether two names mean the same image: `busybox` and `docker.io/library/busybox:latest` do, and all names with the same
 * digest, wherever they come from.
 */
export function sameImage(a: string, b: string): boolean {
    const [one, other] = [parseImageReference(a), parseImageReference(b)];
    if (one === undefined || other === undefined) return a === b;
    if (one.digest !== undefined || other.digest !== undefined) return one.digest === other.digest;
    const key = (of: ImageReference) => JSON.stringify([of.domain, of.path, of.tag]);
    return key(one) === key(other);
}

/**
 * Whether a container of the image `found` has the one that was asked for: besides {@link sameImage}, the tag that was
 * asked for with the digest that it had then. With `BUILDX_DEFAULT_POLICY=1` buildx writes it so (buildx:
 * `driver/driver.go`, `VerifyImageRef`). Whether the tag means another image by now is another question.
 */
export function isImageAsked(found: string, asked: string): boolean {
    if (sameImage(found, asked)) return true;
    const reference = parseImageReference(found);
    if (reference?.digest === undefined || reference.tag === undefined) return false;
    return sameImage(found.slice(0, found.indexOf("@")), asked);
}
