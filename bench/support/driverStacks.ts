import { timed, alternate } from "./rounds";
import { CopiedStack } from "./stackFile";
import { makePluginProject, withProjects, writeYaml } from "./stackPrograms";

/** Times of a `pulumi preview` without changes, in YAML with the plugin, by the number of builders. */
export interface DriverPreviews {
    readonly 1: number;
    readonly 100: number;
}

const rounds = 2;

/**
 * Measures previews of the builders of a driver. Only one of the builders is real.
 *
 * @param unique the prefix of all names that it creates.
 * @param args the arguments of each builder.
 */
export const measureDriverPreviews = (unique: string, type: string, args: object): Promise<DriverPreviews> =>
    withProjects(async (add) => {
        const project = await add(makePluginProject({ unique }));
        const write = (builders: number) => writeYaml(project, builders, { type, argumentsOf: () => args });
        await write(1);
        await project.up();
        const stack = await CopiedStack.of(project, 1);
        const preview = (builders: number) => async () => {
            await stack.write(builders);
            await write(builders);
            return timed(() => project.preview("--expect-no-changes"));
        };
        const times = await alternate(rounds, { one: preview(1), hundred: preview(100) });
        await stack.restore();
        await project.destroy();
        return { 1: times.one, 100: times.hundred };
    });
