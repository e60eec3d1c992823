/** Implements the verbs of Pulumi's dynamic providers with the lifecycle of a resource. */
import type { DiffResult, ResourceProvider } from "@pulumi/pulumi/dynamic";
import { pathInProgram } from "../../args/forms";
import { hasUnknown } from "../../args/unknown";
import { checkAlone, reportChanges, runAlone, untilCancelled } from "../calls";
import type { Call, CheckedArguments, Difference, Lifecycle } from "../lifecycle";
import { registerOfUses } from "../exclusiveUses";
import { startCall } from "./call";
import { plainError, withProperties } from "./errors";
import { type HiddenInput, hiddenInSaved, type HiddenInputs, pickInputs, splitInputs } from "./hiddenInputs";
import { withReplaceOnChanges } from "./replaceOnChanges";

export type Verbs = Required<Omit<ResourceProvider, "configure">>;

/** Pulumi starts one process of the dynamic provider for each preview and for each update. */
const registerUses = registerOfUses();

/**
 * Returns the verbs of a lifecycle. The lifecycle is loaded when its first verb is called. No verb starts after Pulumi
 * was cancelled.
 *
 * @param savedInputs the hidden inputs that a saved resource of this type has in addition to `__provider`.
 */
export function verbsOf<Args extends object, Saved extends object>(
    load: () => Promise<Lifecycle<Args, Saved>>,
    savedInputs: readonly HiddenInput[] = [],
): Verbs {
    type Work<Result> = (lifecycle: Lifecycle<Args, Saved>, call: Call) => Promise<Result>;

    async function run<Result>(
        hidden: HiddenInputs,
        work: Work<Result>,
        { previousUrn, keepsStatus = false }: { previousUrn?: string | undefined; keepsStatus?: boolean } = {},
    ): Promise<Result> {
        const { call, clearStatus } = startCall(hidden, previousUrn);
        try {
            return await untilCancelled(call.signal, async () => work(await load(), call));
        } catch (error) {
            throw plainError(withProperties(error, pickInputs(hidden, [...savedInputs, "__provider"])));
        } finally {
            if (!keepsStatus) clearStatus();
        }
    }

    /** Runs a call when no other call works on the same volumes. */
    const alone = <Result>(hidden: HiddenInputs, of: readonly (Args | Saved)[], work: Work<Result>) =>
        run(hidden, (lifecycle, call) => runAlone(lifecycle, call, of, () => work(lifecycle, call)));

    const split = (inputs: object) => splitInputs(inputs) as { hidden: HiddenInputs; args: Args };

    const toSave = (saved: Saved, hidden: HiddenInputs) => ({ ...saved, ...pickInputs(hidden, savedInputs) });

    return {
        async check(olds: object, news: object) {
            const { hidden, args } = split(news);
            const before = split(olds);
            const previous = Object.keys(olds).length === 0 ? undefined : before.args;
            const work: Work<CheckedArguments<Args>> = (lifecycle, call) =>
                checkAlone(lifecycle, call, previous, args, registerUses);
            const checked = await run(hidden, work, { previousUrn: before.hidden.__urn });
            const failures = checked.failures.map(({ property, reason }) => ({
                property: pathInProgram(property, hidden.__secondForms ?? []),
                reason,
            }));
            return { inputs: { ...checked.args, ...hidden }, failures };
        },

        async diff(id, olds: Saved, news: object) {
            const { hidden, args } = split(news);
            const work: Work<DiffResult> = async (lifecycle, call) => {
                const found = await lifecycle.diff(call, id, olds, args);
                const compared = lifecycle.comparedArguments(olds, args);
                reportChanges(call, found.changes);
                return withReplaceOnChanges(diffResult(found, args), hidden.__replaceOnChanges, compared);
            };
            return run(hidden, work, { keepsStatus: true }); // a preview still shows the reasons when it has ended
        },

        async create(inputs: object) {
            const { hidden, args } = split(inputs);
            const { id, saved } = await alone(hidden, [args], (lifecycle, call) => lifecycle.create(call, args));
            return { id, outs: toSave(saved, hidden) };
        },

        async read(id, props: Partial<Saved>) {
            const found = await run(hiddenInSaved(props), (lifecycle, call) => lifecycle.read(call, id, props));
            return found === undefined ? { id: "", props: {} } : { id: found.id, props: found.saved };
        },

        async update(id, olds: Saved, news: object) {
            const { hidden, args } = split(news);
            const saved = await alone(hidden, [olds, args], (lifecycle, call) =>
                lifecycle.update(call, id, olds, args),
            );
            return { outs: toSave(saved, hidden) };
        },

        async delete(id, props: Saved) {
            await alone(hiddenInSaved(props), [props], (lifecycle, call) => lifecycle.delete(call, id, props));
        },
    };
}

/** A value that is unknown at preview may be a change. Pulumi calls `diff` again when the value is known. */
const diffResult = (
    { changes, refusal, replaces = [], deleteBeforeReplace = false }: Difference,
    args: object,
): DiffResult => ({
    changes: hasUnknown(args) || changes.length > 0 || refusal !== undefined || replaces.length > 0,
    replaces: [...replaces],
    deleteBeforeReplace,
});
