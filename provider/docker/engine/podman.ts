/** Detection of Podman, which serves Docker's API (podman: `pkg/api/handlers/compat`). */
import type { ContainerInspectInfo } from "dockerode";
import { type Engine, traitsOf } from "./engine";

/** The fields of the response to `GET /version` that distinguish engines. */
export interface EngineVersion {
    readonly Components?: readonly { readonly Name?: string; readonly Version?: string }[] | null;
}

/** Returns the version of an engine's components. The response is kept for the life of this process. */
export const versionOf = ({ api, requests }: Engine): Promise<EngineVersion> =>
    requests.get("version", Infinity, () => api.version() as Promise<EngineVersion>);

/** Returns Podman's version if a response is Podman's, or `undefined` if it is Docker's. */
export const podmanVersion = ({ Components: components }: EngineVersion): string | undefined =>
    (components ?? []).find(({ Name: name }) => /^podman/i.test(name ?? ""))?.Version;

/**
 * Whether an engine is Podman. The version is requested only if the engine may be Podman. It may be if `docker info`
 * has a field that only Podman has, or if a container has the variable that Podman sets in every container.
 *
 * @param variables the environment variables of a container, as `NAME=value`.
 */
export async function isPodman(engine: Engine, variables: readonly string[] | null | undefined): Promise<boolean> {
    const { BuildahVersion: buildah } = await traitsOf(engine);
    const mayBe = buildah !== undefined || (variables ?? []).some((each) => each.startsWith("container="));
    return mayBe && podmanVersion(await versionOf(engine)) !== undefined;
}

/** Warns once in the life of this process that an engine is Podman. */
export async function warnOfPodman(engine: Engine, warn: (text: string) => Promise<void>): Promise<void> {
    const podman = podmanVersion(await versionOf(engine).catch(() => ({})));
    if (podman === undefined) return;
    const text = `the engine at ${engine.endpoint.host} is Podman ${podman}, which pulumi-buildx is not tested with`;
    await engine.requests.get("warning of Podman", Infinity, () => warn(text));
}

const podmansOwn: Record<string, (value: string, container: PodmanContainer) => boolean> = {
    container: (value) => value === "podman" || value === "oci",
    TERM: (value) => value === "xterm",
    PATH: (value) => value === "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: (value) => value === "/root" || value === "/",
    HOSTNAME: (value, { Id: id, Config: { Hostname: name } }) => value === name || value === id.slice(0, 12),
};

type PodmanContainer = Pick<ContainerInspectInfo, "Id" | "Config">;

/** Returns the variables of a container that Podman itself set. A variable with another value was set by a user. */
export const podmanVariables = (
    container: PodmanContainer,
    variables: Readonly<Record<string, string>>,
): Record<string, string> =>
    Object.fromEntries(Object.entries(variables).filter(([name, value]) => podmansOwn[name]?.(value, container)));
