/** Builders of two nodes: one on the engine that docker uses by default, one on the second engine. */
import type { ContainerInspectInfo } from "dockerode";
import { inspectContainer } from "./docker";
import { second as secondEngine } from "./engines";
import type { Project } from "./project";

export const first = "unix:///var/run/docker.sock";
export const second = secondEngine.host;

/** Returns the containers of both nodes, each on its engine. */
export async function containers({ unique }: Project) {
    const of = (index: number) => `buildx_buildkit_${unique}${index}`;
    const [one, two] = await Promise.all([inspectContainer(of(0)), inspectContainer(of(1), second)]);
    return { one, two };
}

/** Returns what changes if a container is recreated or restarted. */
export const life = (found: ContainerInspectInfo | undefined) =>
    found && { Id: found.Id, Created: found.Created, StartedAt: found.State.StartedAt };

export async function lives(project: Project) {
    const { one, two } = await containers(project);
    return [life(one), life(two)];
}
