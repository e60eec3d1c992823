import type { Project } from "../../tests/support/project";
import type { Bench } from "./bench";
import {
    createBuilder,
    createWithBuildx,
    type CreatedBuilder,
    deleteBuilder,
    inParallel,
    removeWithBuildx,
} from "./builders";
import { alternate, timed } from "./rounds";
import { makePluginProject, withProjects, writeProgram, writeYaml } from "./stackPrograms";

/** The time to create ten builders, until all are ready, in milliseconds. */
export interface TenBuilders {
    /** The work of the provider alone. */
    readonly provider: number;
    /** `docker buildx create --bootstrap`, one after another. */
    readonly buildx: number;
    /** `pulumi up` of a program in YAML, minus `pulumi up` of an empty program. */
    readonly yaml: number;
    /** The same in TypeScript with the plugin. */
    readonly typeScript: number;
}

const builders = 10;

const rounds = 3;

export const measureTenBuilders = ({ unique, name }: Bench): Promise<TenBuilders> =>
    withProjects(async (add) => {
        const yaml = await add(makePluginProject({ unique: `${unique}-yaml` }));
        const typeScript = await add(makePluginProject({ unique: `${unique}-typescript` }));
        return alternate(rounds, {
            provider: () => timeOfProvider(tenNames(name)),
            buildx: () => timeOfBuildx(tenNames(name)),
            yaml: () => timeOfUp(yaml, (count) => writeYaml(yaml, count)),
            typeScript: () => timeOfUp(typeScript, (count) => writeProgram(typeScript, count)),
        });
    });

const tenNames = (name: () => string) => Array.from({ length: builders }, name);

async function timeOfProvider(names: string[]): Promise<number> {
    let created: CreatedBuilder[] = [];
    const time = await timed(
        async () => (created = await inParallel(names, (name) => createBuilder(name), names.length)),
    );
    await inParallel(created, deleteBuilder);
    return time;
}

async function timeOfBuildx(names: string[]): Promise<number> {
    const time = await timed(async () => {
        for (const name of names) await createWithBuildx(name);
    });
    await removeWithBuildx(...names);
    return time;
}

/** @param write writes the program with a number of builders. */
async function timeOfUp(project: Project, write: (count: number) => Promise<void>): Promise<number> {
    await write(0);
    const empty = await timed(() => project.up());
    await write(builders);
    const time = await timed(() => project.up());
    await project.destroy();
    return time - empty;
}
