import type { Figures } from "../measurement";
import { timed, alternate } from "./rounds";
import { CopiedStack } from "./stackFile";
import { makePluginProject, withProjects, writeYaml } from "./stackPrograms";

/** Times of a `pulumi preview` without changes, in YAML with the plugin, in milliseconds. */
export interface DriverPreviews {
    readonly one: number;
    readonly many: number;
    /** How many builders `many` has. */
    readonly builders: number;
}

interface Stack {
    readonly type: string;
    /** The arguments of each builder. */
    readonly args: object;
    /** The number of builders in the larger stack. */
    readonly builders: number;
    /** How many of them are real. */
    readonly real: number;
}

const rounds = 2;

/** @param unique the prefix of all names that it creates. */
export const measureDriverPreviews = (unique: string, { type, args, builders, real }: Stack): Promise<DriverPreviews> =>
    withProjects(async (add) => {
        const project = await add(makePluginProject({ unique }));
        const write = (count: number) => writeYaml(project, count, { type, argumentsOf: () => args });
        await write(real);
        await project.up();
        const stack = await CopiedStack.of(project, real);
        const preview = (count: number) => async () => {
            await stack.write(count);
            await write(count);
            return timed(() => project.preview("--expect-no-changes"));
        };
        const times = await alternate(rounds, { one: preview(1), many: preview(builders) });
        await stack.restore();
        await project.destroy();
        return { ...times, builders };
    });

/** Returns the figures of a row: the time of each builder after the first. */
export const eachAfterFirst = ({ one, many, builders }: DriverPreviews): Figures => ({
    ours: (many - one) / (builders - 1),
    more: { "with 1": one, [`with ${builders}`]: many },
});
