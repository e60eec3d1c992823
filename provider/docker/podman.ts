/** Podman, which speaks Docker's API (podman: `pkg/api/handlers/compat`). */
import type { ContainerInspectInfo } from "dockerode";
import { type Engine, traitsOf } from "./engine";

/** Of the answer to `GET /version`, what tells one engine from another. */
export interface EngineVersion {
    readonly Components?: readonly { readonly Name?: string; readonly Version?: string }[] | null;
}

/** What an engine is made of; asked once in the life of this process. */
export const versionOf = ({ api, answers }: Engine): Promise<EngineVersion> =>
    answers.share("version", Infinity, () => api.version() as Promise<EngineVersion>);

/** Podman's version where an answer is Podman's; `undefined` where it is Docker's. */
export const podmanVersion = ({ Components: components }: EngineVersion): string | undefined =>
    (components ?? []).find(({ Name: name }) => /^podman/i.test(name ?? ""))?.Version;

/**
 * Whether an engine is Podman. It is asked only if something says that it may be: a field that only Podman has in its
 * answer to `docker info`, or the variable that Podman gives every container.
 *
 * @param variables of a container, as `NAME=value`.
 */
export async function isPodman(engine: Engine, variables: readonly string[] | null | undefined): Promise<boolean> {
    const { BuildahVersion: buildah } = await traitsOf(engine);
    const mayBe = buildah !== undefined || (variables ?? []).some((each) => each.startsWith("container="));
    return mayBe && podmanVersion(await versionOf(engine)) !== undefined;
}

/** Tells once in the life of this process that an engine is Podman. */
export async function warnOfPodman(engine: Engine, warn: (text: string) => Promise<void>): Promise<void> {
    const podman = podmanVersion(await versionOf(engine).catch(() => ({})));
    if (podman === undefined) return;
    const text = `the engine at ${engine.endpoint.host} is Podman ${podman}, with which pulumi-buildx is not tested`;
    await engine.answers.share("warning of Podman", Infinity, () => warn(text));
}

const podmansOwn: Record<string, (value: string, container: PodmanContainer) => boolean> = {
    container: (value) => value === "podman" || value === "oci",
    TERM: (value) => value === "xterm",
    PATH: (value) => value === "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: (value) => value === "/root" || value === "/",
    HOSTNAME: (value, { Id: id, Config: { Hostname: name } }) => value === name || value === id.slice(0, 12),
};

type PodmanContainer = Pick<ContainerInspectInfo, "Id" | "Config">;

/** Of a container's variables, those that Podman itself has given it. A variable that has another value was asked for. */
export const podmanVariables = (
    container: PodmanContainer,
    variables: Readonly<Record<string, string>>,
): Record<string, string> =>
    Object.fromEntries(Object.entries(variables).filter(([name, value]) => podmansOwn[name]?.(value, container)));
