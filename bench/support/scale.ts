import type { MovingProject } from "../../tests/support/languages";
import { second } from "../../tests/support/engines";
import { timed } from "./rounds";
import { CopiedStack } from "./stackFile";
import { makePluginProject, withProjects, writeYaml } from "./stackPrograms";

/** The number of real builders. */
export const realBuilders = 200;

/** The cost of a stack in YAML with builders on two engines. Times are in milliseconds. */
export interface Scale {
    /** `pulumi up` that creates all real builders. */
    readonly up: number;
    /** `pulumi destroy` that removes them. */
    readonly destroy: number;
    /** `pulumi refresh` without changes, by the number of builders. */
    readonly refresh: Readonly<Record<1 | 10 | 100 | 200 | 1000, number>>;
}

/**
 * Measures the creation and the removal of the real builders, and refreshes. In larger stacks, five builders have the
 * same node, so that a refresh finds a running container for each builder.
 *
 * @param unique the prefix of all names that it creates.
 */
export const measureScale = (unique: string): Promise<Scale> =>
    withProjects(async (add) => {
        const project = await add(makePluginProject({ unique: `${unique}-scale` }));
        await writeYaml(project, realBuilders, { argumentsOf: nodesIn(project) });
        const up = await timed(() => project.up());
        const stack = await CopiedStack.of(project, realBuilders);
        const refresh = async (builders: number) => {
            await stack.write(builders);
            return timed(() => project.refresh("--expect-no-changes"));
        };
        await refresh(1); // loads programs
        const refreshes = {
            1: await refresh(1),
            10: await refresh(10),
            100: await refresh(100),
            200: await refresh(realBuilders),
            1000: await refresh(1000),
        };
        await stack.restore();
        const destroy = await timed(() => project.destroy());
        return { up, destroy, refresh: refreshes };
    });

/** Returns the nodes of a builder: half of the builders are on the second engine. */
const nodesIn =
    ({ unique }: MovingProject) =>
    (index: number) => {
        const name = `${unique}-node-${index}`; // not the builder's name, which copies do not share
        return { nodes: [{ name, ...(index % 2 === 1 && { endpoint: second.host }) }] };
    };
