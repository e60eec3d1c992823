/**
 * The bridge to Pulumi's dynamic providers. The text in each resource's `__provider` names the subpath
 * `pulumi-buildx/dynamic`, which is this file, and its exports. Saved states hold that text, so these names never change.
 */
import type { DiffResult, ResourceProvider } from "@pulumi/pulumi/dynamic";
import { cancelled } from "./cancellation";
import { withPlainErrors } from "./errors";
import { statusLine } from "./engineLog";
import { type ComparedArguments, withReplaceOnChanges } from "./replaceOnChanges";
import { withLocks } from "../locks";
import { untilAborted } from "../../waiting";

type Verbs = Required<Omit<ResourceProvider, "configure">>;

interface Lifecycle extends Verbs {
    /** The volumes that a change works on, from what is asked for or what the state has; changes on one take turns. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each lifecycle knows its own, as with the verbs
    readonly volumesOf?: (props: any) => Promise<readonly string[]>;
    /** The arguments that a state was made with beside the ones that are asked for, for `replaceOnChanges`. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    readonly comparedArguments: (olds: any, news: any) => ComparedArguments;
}

cancelled(); // notices from now on that Pulumi is cancelled

/**
 * Once Pulumi is cancelled, how long a verb gets to end, in milliseconds. Each ends sooner by itself, with a state that is
 * true, unless an engine or a registry does not answer.
 */
const grace = 3_500;

/** The verbs of a lifecycle, which is loaded when the first of them is called. None begins once Pulumi is cancelled. */
function provider(load: () => Promise<Lifecycle>): Verbs {
    const verb = <Name extends keyof Verbs>(name: Name, call = callOf) =>
        withPlainErrors(async (...args: unknown[]) => {
            cancelled().throwIfAborted();
            return untilAborted(call(await load(), name, args), cancelled(), grace);
        }) as Verbs[Name];
    return {
        check: verb("check"),
        diff: verb("diff", callDiff),
        create: verb("create", callInTurn),
        read: verb("read"),
        update: verb("update", callInTurn),
        delete: verb("delete", callInTurn),
    };
}

const callOf = (lifecycle: Lifecycle, name: keyof Verbs, args: unknown[]): Promise<unknown> =>
    (lifecycle[name] as (...args: unknown[]) => Promise<unknown>)(...args);

async function callDiff(lifecycle: Lifecycle, name: keyof Verbs, args: unknown[]): Promise<unknown> {
    const result = (await callOf(lifecycle, name, args)) as DiffResult;
    const [, olds, news] = args as [string, object, { __replaceOnChanges?: string[] }];
    return withReplaceOnChanges(result, news.__replaceOnChanges, lifecycle.comparedArguments(olds, news));
}

async function callInTurn(lifecycle: Lifecycle, name: keyof Verbs, args: unknown[]): Promise<unknown> {
    const { volumesOf = async () => [] } = lifecycle;
    const all = args.filter((arg) => typeof arg === "object") as { __urn?: string; __owner?: { urn: string } }[];
    const volumes = [...new Set((await Promise.all(all.map(volumesOf))).flat())];
    const urn = all.map(({ __urn, __owner }) => __urn ?? __owner?.urn).find(Boolean) ?? "";
    const report = statusLine(urn);
    const onWait = () => report(`waiting for another resource that works on ${volumes.join(", ")}`);
    return withLocks(volumes, onWait, () => callOf(lifecycle, name, args), cancelled());
}

export const BuildxBuilder = provider(() => import("../../builder/lifecycle"));
export const BuildKitPrune = provider(() => import("../../prune/lifecycle"));
export const BuildKitState = provider(() => import("../../state/lifecycle"));
export const BuildKitStateArchive = provider(() => import("../../archive/lifecycle"));
export const QemuEmulation = provider(() => import("../../qemu/lifecycle"));
