/** Implements the verbs of Pulumi's dynamic providers with the lifecycle of a resource. */
import type { DiffResult, ResourceProvider } from "@pulumi/pulumi/dynamic";
import { hasUnknown } from "../../args/unknown";
import { untilAborted } from "../../waiting";
import type { Call, CheckedArguments, Difference, Lifecycle } from "../lifecycle";
import { registerOfUses } from "../exclusiveUses";
import { withLocks } from "../locks";
import { startCall } from "./call";
import { plainError, withProperties } from "./errors";
import { type HiddenInput, hiddenInSaved, type HiddenInputs, pickInputs, splitInputs } from "./hiddenInputs";
import { withReplaceOnChanges } from "./replaceOnChanges";

export type Verbs = Required<Omit<ResourceProvider, "configure">>;

/**
 * Milliseconds that a verb may take to end after Pulumi is cancelled. Each verb ends sooner and saves the actual state,
 * unless an engine or a registry does not respond.
 */
const grace = 3_500;

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
            call.signal.throwIfAborted();
            return await untilAborted(work(await load(), call), call.signal, grace);
        } catch (error) {
            throw plainError(withProperties(error, pickInputs(hidden, [...savedInputs, "__provider"])));
        } finally {
            if (!keepsStatus) clearStatus();
        }
    }

    /** Runs a call when no other call works on the same volumes. */
    const runAlone = <Result>(hidden: HiddenInputs, of: readonly (Args | Saved)[], work: Work<Result>) =>
        run(hidden, async (lifecycle, call) => {
            const volumes = await Promise.all(of.map((each) => volumesOf(lifecycle, each)));
            const all = [...new Set(volumes.flat())];
            const onWait = () => call.report(`waiting for another resource that works on ${all.join(", ")}`);
            return withLocks(all, onWait, () => work(lifecycle, call), call.signal);
        });

    const split = (inputs: object) => splitInputs(inputs) as { hidden: HiddenInputs; args: Args };

    const toSave = (saved: Saved, hidden: HiddenInputs) => ({ ...saved, ...pickInputs(hidden, savedInputs) });

    return {
        async check(olds: object, news: object) {
            const { hidden, args } = split(news);
            const before = split(olds);
            const previous = Object.keys(olds).length === 0 ? undefined : before.args;
            const work: Work<CheckedArguments<Args>> = async (lifecycle, call) => {
                const checked = await lifecycle.check(call, previous, args);
                const isValid = checked.failures.length === 0;
                const uses = isValid ? await lifecycle.exclusiveUses?.(call, checked.args) : undefined;
                return { ...checked, failures: [...checked.failures, ...registerUses(call, uses ?? [])] };
            };
            const checked = await run(hidden, work, { previousUrn: before.hidden.__urn });
            return { inputs: { ...checked.args, ...hidden }, failures: checked.failures };
        },

        async diff(id, olds: Saved, news: object) {
            const { hidden, args } = split(news);
            const work: Work<DiffResult> = async (lifecycle, call) => {
                const found = await lifecycle.diff(call, id, olds, args);
                const compared = lifecycle.comparedArguments(olds, args);
                if (found.changes.length > 0) call.report([...new Set(found.changes.map(({ why }) => why))].join("; "));
                return withReplaceOnChanges(diffResult(found, args), hidden.__replaceOnChanges, compared);
            };
            return run(hidden, work, { keepsStatus: true }); // a preview still shows the reasons when it has ended
        },

        async create(inputs: object) {
            const { hidden, args } = split(inputs);
            const { id, saved } = await runAlone(hidden, [args], (lifecycle, call) => lifecycle.create(call, args));
            return { id, outs: toSave(saved, hidden) };
        },

        async read(id, props: Partial<Saved>) {
            const found = await run(hiddenInSaved(props), (lifecycle, call) => lifecycle.read(call, id, props));
            return found === undefined ? { id: "", props: {} } : { id: found.id, props: found.saved };
        },

        async update(id, olds: Saved, news: object) {
            const { hidden, args } = split(news);
            const saved = await runAlone(hidden, [olds, args], (lifecycle, call) =>
                lifecycle.update(call, id, olds, args),
            );
            return { outs: toSave(saved, hidden) };
        },

        async delete(id, props: Saved) {
            await runAlone(hiddenInSaved(props), [props], (lifecycle, call) => lifecycle.delete(call, id, props));
        },
    };
}

/** Returns the volumes that a call works on. Some resources have none. */
const volumesOf = async <Args, Saved>(
    lifecycle: Lifecycle<Args, Saved>,
    of: Args | Saved,
): Promise<readonly string[]> => lifecycle.volumesOf?.(of) ?? [];

/** A value that is unknown at preview may be a change. Pulumi calls `diff` again when the value is known. */
const diffResult = (
    { changes, refusal, replaces = [], deleteBeforeReplace = false }: Difference,
    args: object,
): DiffResult => ({
    changes: hasUnknown(args) || changes.length > 0 || refusal !== undefined || replaces.length > 0,
    replaces: [...replaces],
    deleteBeforeReplace,
});
