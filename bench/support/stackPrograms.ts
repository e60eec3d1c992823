/** Pulumi projects with builders: in JavaScript or YAML, with the dynamic provider or with the plugin. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MovingProject } from "../../tests/support/languages";
import type { YamlResource } from "../../tests/support/program";
import type { PlaceOptions, Project } from "../../tests/support/project";
import { builderName } from "./stackFile";

/** Does some work with projects, and then removes the projects and what they created on the engine. */
export async function withProjects<T>(
    work: (add: <Any extends Project>(project: Promise<Any>) => Promise<Any>) => Promise<T>,
): Promise<T> {
    const projects: Project[] = [];
    try {
        return await work(async (making) => {
            const project = await making;
            projects.unshift(project);
            for (const name of ["NODE_COMPILE_CACHE", "GOGC"]) delete project.env[name]; // users do not set them
            project.loadAll();
            return project;
        });
    } finally {
        for (const project of projects) await project.remove();
    }
}

/** Creates a project in JavaScript whose builders are of the plugin. */
export async function makePluginProject(options: PlaceOptions): Promise<MovingProject> {
    const project = await MovingProject.make(options);
    await project.config("buildx:plugin", "true");
    return project;
}

/** Writes a program with builders in JavaScript. With no builders, it does not load this package either. */
export async function writeProgram(project: Project, builders: number): Promise<void> {
    if (builders === 0) return writeFile(join(project.folder, "index.js"), 'require("@pulumi/pulumi");\n');
    const each = `new buildx.BuildxBuilder("b" + index, { name: unique + "-" + index + "-" })`;
    await project.program(`for (let index = 0; index < ${builders}; index++) ${each};\n`);
}

interface YamlOptions {
    /** The type of the builders. */
    readonly type?: string;
    /** Returns the arguments of a builder in addition to its name. */
    readonly argumentsOf?: (index: number) => object;
    /** Whether the stack has the same builders of the dynamic provider. */
    readonly isMoving?: boolean;
}

/** Writes the same program in YAML. */
export async function writeYaml(
    project: MovingProject,
    builders: number,
    { type = "BuildxBuilder", argumentsOf = () => ({}), isMoving = false }: YamlOptions = {},
): Promise<void> {
    const { unique } = project;
    const resource = (index: number): YamlResource => {
        const urn = `urn:pulumi:test::${unique}::pulumi-nodejs:dynamic/buildx:${type}::b${index}`;
        return {
            type: `buildx:${type}`,
            properties: { name: builderName(unique, index), ...argumentsOf(index) },
            ...(isMoving && { options: { aliases: [urn] } }),
        };
    };
    const resources = Array.from({ length: builders }, (_, index) => [`b${index}`, resource(index)] as const);
    await project.yaml({ resources: Object.fromEntries(resources) });
}
