import type { Project } from "../../tests/support/project";
import type { Bench } from "./bench";
import { createWithBuildx, inParallel, removeWithBuildx } from "./builders";
import { bootContainer, removeContainer } from "./engineApi";
import type { Managed, ProviderProcess } from "./providerProcess";
import { alternate, timed } from "./rounds";
import { makePluginProject, withProjects, writeProgram, writeYaml } from "./stackPrograms";

/** The time to create ten builders, until all are ready, in milliseconds. */
export interface TenBuilders {
    /** The work of the provider alone. */
    readonly dynamic: number;
    readonly plugin: number;
    /** `docker buildx create --bootstrap`, one after another. */
    readonly buildx: number;
    /** Ten containers by the Engine API, at once. */
    readonly engine: number;
    /** `pulumi up` of a program in YAML, minus `pulumi up` of an empty program. */
    readonly yaml: number;
    /** The same in TypeScript with the plugin. */
    readonly typeScript: number;
}

const builders = 10;

const rounds = 2;

export async function measureTenBuilders(bench: Bench): Promise<TenBuilders> {
    const { unique } = bench;
    const { dynamic, plugin } = await bench.providers();
    return withProjects(async (add) => {
        const yaml = await add(makePluginProject({ unique: `${unique}-yaml` }));
        const typeScript = await add(makePluginProject({ unique: `${unique}-typescript` }));
        return alternate(rounds, {
            dynamic: () => timeOfProvider(dynamic, tenNames(bench)),
            plugin: () => timeOfProvider(plugin, tenNames(bench)),
            buildx: () => timeOfBuildx(tenNames(bench)),
            engine: () => timeOfEngine(bench),
            yaml: () => timeOfUp(yaml, (count) => writeYaml(yaml, count)),
            typeScript: () => timeOfUp(typeScript, (count) => writeProgram(typeScript, count)),
        });
    });
}

const tenNames = ({ name }: Bench) => Array.from({ length: builders }, name);

async function timeOfProvider(provider: ProviderProcess, names: string[]): Promise<number> {
    let created: Managed[] = [];
    const time = await timed(
        async () => (created = await inParallel(names, (name) => provider.create(name), names.length)),
    );
    await inParallel(created, (builder) => provider.delete(builder));
    return time;
}

async function timeOfBuildx(names: string[]): Promise<number> {
    const time = await timed(async () => {
        for (const name of names) await createWithBuildx(name);
    });
    await removeWithBuildx(...names);
    return time;
}

async function timeOfEngine(bench: Bench): Promise<number> {
    const { api, optionsOf } = await bench.engine();
    const names = tenNames(bench);
    const time = await timed(() =>
        inParallel(names, (name) => bootContainer(api, name, optionsOf(name)), names.length),
    );
    await inParallel(names, (name) => removeContainer(api, name));
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
