import { docker } from "./docker";
import { context } from "./image";
import type { Project } from "./project";
import { run } from "./run";

/** What a server responds at `/page`. */
export const page = "the page that it serves";

const image = (project: Project) => `${project.unique}-server`;

const dockerfile = `FROM scratch
COPY busybox /bin/sh
RUN echo "${page}" > /page
CMD ["/bin/sh", "-c", "exec httpd -f -h /"]
`;

export async function makeServerImage(project: Project): Promise<void> {
    const folder = await context(project, dockerfile);
    await docker(["buildx", "build", "--builder", "default", "--load", "--tag", image(project), folder]);
}

/** Starts a container that serves one page on its port 80. */
export const startServer = (project: Project, name: string, ...options: string[]): Promise<string> =>
    docker(["run", "--detach", "--init", "--name", name, ...options, image(project)]);

export const addressOf = async (container: string): Promise<string> =>
    (
        await docker(["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container])
    ).trim();

/** Removes the image. Its containers must already be removed. */
export const removeServerImage = (project: Project): Promise<unknown> =>
    run("docker", ["rmi", "--force", image(project)]);
