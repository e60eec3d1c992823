import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker } from "./docker";
import type { Project } from "./project";
import { must, run } from "./run";

/** Creates a folder to build from. Its image contains nothing but one program, and one step runs that program. */
export async function context(project: Project, dockerfile = defaultDockerfile): Promise<string> {
    const folder = join(project.folder, "context");
    await mkdir(folder, { recursive: true });
    const busybox = (await must("which", ["busybox"])).trim();
    await cp(busybox, join(folder, "busybox"), { dereference: true });
    await writeFile(join(folder, "Dockerfile"), dockerfile);
    return folder;
}

const defaultDockerfile = `FROM scratch
COPY busybox /bin/sh
RUN date > /built
RUN cat /built > /again
`;

/** Builds on a builder. Returns how many steps came from the builder's cache, and the whole log. */
export async function build(
    project: Project,
    builder: string,
    folder: string,
    platform?: string,
): Promise<{ cached: number; log: string }> {
    const args = ["build", "--builder", builder, "--progress", "plain", "--output", "type=cacheonly", folder];
    if (platform !== undefined) args.push("--platform", platform);
    const env = { ...project.env, BUILDX_NO_DEFAULT_ATTESTATIONS: "1" };
    const { code, output } = await run("docker", ["buildx", ...args], { env });
    if (code !== 0) throw new Error(`the build failed:\n${output}`);
    return { cached: output.split("\n").filter((line) => / CACHED$/.test(line)).length, log: output };
}

export interface LongBuild {
    /** Resolves with the log, or with the error if the build fails. */
    readonly ended: Promise<string>;
    /** Ends the step that takes a while, so that the build succeeds. */
    readonly finish: () => Promise<unknown>;
}

/** Starts a build that takes a while. Returns once BuildKit has started it. */
export async function longBuild(project: Project, seconds: number): Promise<LongBuild> {
    const folder = await context(project, `FROM scratch\nCOPY busybox /bin/sh\nRUN sleep ${seconds}; echo finished\n`);
    const ended = build(project, project.unique, folder).then(
        ({ log }) => log,
        (error: Error) => error.message,
    );
    const container = `buildx_buildkit_${project.unique}0`;
    const histories = ["exec", container, "buildctl", "debug", "histories", "--format", "{{json .}}"];
    for (let attempt = 0; attempt < 100; attempt++) {
        const { stdout } = await run("docker", histories); // buildkitd may not listen yet
        if (stdout.split("\n").some((line) => line !== "" && !line.includes("CompletedAt"))) break;
        await sleep(100);
    }
    const ofSteps = 'for each in /proc/[0-9]*; do [ "$(cat $each/comm)" != sleep ] || kill "${each#/proc/}"; done';
    return { ended, finish: () => docker(["exec", container, "sh", "-c", ofSteps]) };
}

/** Builds an image from a Dockerfile. The engine keeps the image until it is removed. */
export async function imageOf(project: Project, name: string, dockerfile: string): Promise<string> {
    const folder = await context(project, dockerfile);
    const tag = `${project.unique}:${name}`;
    await docker(["buildx", "build", "--builder", "default", "--load", "--tag", tag, folder]);
    return tag;
}

/** Builds BuildKit's image with another program instead of buildkitd, so that `buildctl` gets no response. */
export const silentImage = (project: Project): Promise<string> =>
    imageOf(
        project,
        "silent",
        'FROM moby/buildkit:buildx-stable-1\nENTRYPOINT ["/bin/sh", "-c", "echo asleep >&2; sleep 600"]\n',
    );
