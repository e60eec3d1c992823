/**
 * The contract between the resources and the bridges through which Pulumi calls them. The `lifecycle.ts` of a resource
 * implements {@link Lifecycle} and imports nothing else from a bridge. A bridge uses nothing else from a resource.
 */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import type { Waiting } from "../waiting";

/** One call from Pulumi. */
export interface Call extends Waiting {
    /** URN of the resource. */
    readonly urn: string;
    /** URN at the previous update. An alias may have changed it since. `undefined` if the bridge does not know it. */
    readonly previousUrn?: string | undefined;
    /** Whether Pulumi runs a preview. `undefined` if the bridge does not know it. */
    readonly isPreview?: boolean | undefined;
    /** Whether the engine may run on a machine that the same program creates. The engine may then still be starting. */
    readonly mayBeStarting: boolean;
    /** Replaces the status text beside the resource. The bridge clears the text when the call ends. */
    readonly report: (text: string) => void;
    /** Adds a warning to the log of the update. */
    readonly warn: (text: string) => Promise<void>;
    /** Reads {@link deleteUnreachableSetting} of the resource's stack. */
    readonly deletesUnreachable: () => Promise<boolean>;
}

/**
 * Key of the stack's configuration: whether a resource may be removed from Pulumi's state if its engine is unreachable.
 */
export const deleteUnreachableSetting = "buildx:deleteUnreachable";

/**
 * What Pulumi can do with a resource.
 *
 * @typeParam Args the arguments as a program writes them, at preview with a constant in place of each unknown value.
 * @typeParam Saved what Pulumi saves of the resource.
 */
export interface Lifecycle<Args, Saved> {
    /** @param previous the arguments of the previous update; `undefined` for a new resource. */
    check(call: Call, previous: Args | undefined, args: Args): Promise<CheckedArguments<Args>>;
    /** Compares arguments with the saved resource. The bridge adds the change that unknown values may cause. */
    diff(call: Call, id: string, saved: Saved, args: Args): Promise<Difference>;
    /** @throws {PartialFailureError} if a part of the resource was created and could not be removed again. */
    create(call: Call, args: Args): Promise<Created<Saved>>;
    /**
     * Reads the current resource.
     *
     * @param saved what Pulumi saved. It is incomplete if a program looks up a resource by its id.
     * @returns `undefined` if the resource does not exist any more.
     */
    read(call: Call, id: string, saved: Partial<Saved>): Promise<Created<Saved> | undefined>;
    /** @throws {PartialFailureError} if the update failed after it changed something. */
    update(call: Call, id: string, saved: Saved, args: Args): Promise<Saved>;
    delete(call: Call, id: string, saved: Saved): Promise<void>;
    /** Returns the volumes that a call works on. The bridge runs one call at a time on each volume. */
    volumesOf?(of: Args | Saved): Promise<readonly string[]>;
    /** Returns the saved arguments beside the new ones, for the resource option `replaceOnChanges`. */
    comparedArguments(saved: Saved, args: Args): ComparedArguments;
}

export interface CheckedArguments<Args> {
    /** Arguments, completed with the names that the resource chose. */
    readonly args: Args;
    readonly failures: CheckFailure[];
}

export interface Created<Saved> {
    readonly id: string;
    readonly saved: Saved;
}

/** Changes that an update would make. If there is neither a change nor a refusal, Pulumi does not update. */
export interface Difference {
    readonly changes: readonly Change[];
    /** Reason why an update would fail before it changes anything. */
    readonly refusal?: string | undefined;
    /** Arguments whose change replaces the resource. */
    readonly replaces?: readonly string[];
    /** Whether a replacement removes the old resource first. @default false */
    readonly deleteBeforeReplace?: boolean;
}

export interface Change {
    /**
     * Path of the argument or output that differs, in Pulumi's syntax, for example `driverOpts.memory`. `undefined` if
     * the change concerns the whole resource.
     */
    readonly path?: string;
    /** Reason for the change from the plan, for example `memory changed`. */
    readonly why: string;
    /** Whether the resource differs from arguments that did not change. @default false */
    readonly isDrift?: boolean;
}

/** Cause of a step of a plan. */
export interface Cause {
    /** Reason to show to users, for example `memory changed`. */
    readonly why: string;
    /** Paths of the arguments or outputs that differ, in Pulumi's syntax. @default none, the whole resource */
    readonly properties?: readonly string[];
    /** Whether the resource differs from arguments that did not change. @default false */
    readonly isDrift?: boolean;
}

/** Returns the changes of a plan: one for each argument that replaces the resource, and the causes of its steps. */
export function changesOf(replaces: readonly string[], steps: readonly Cause[]): Change[] {
    const changes: Change[] = replaces.map((path) => ({ path, why: `${path} changed` }));
    for (const { why, properties = [], isDrift } of steps) {
        const paths: (string | undefined)[] = properties.length === 0 ? [undefined] : [...properties];
        for (const path of paths) {
            if (changes.some((each) => each.path === path && each.why === why)) continue;
            changes.push({ ...(path !== undefined && { path }), why, ...(isDrift && { isDrift }) });
        }
    }
    return changes;
}

/** Arguments of a resource before and after a change, in the same form: without outputs, and with all defaults. */
export interface ComparedArguments {
    readonly before: object;
    readonly after: object;
}

/**
 * Thrown if a creation or an update stopped partway. Pulumi saves the resource with the reasons, and the next
 * `pulumi up` updates the resource.
 */
export class PartialFailureError extends Error {
    readonly reasons: string[];

    /** @param causes the errors that stopped the creation or update, and the errors that stopped the rollback. */
    constructor(
        causes: unknown[],
        readonly id: string,
        readonly saved: object,
    ) {
        // Several causes may be the same cancellation.
        const reasons = [...new Set(causes.map((cause) => (cause as Error).message ?? String(cause)))];
        super(reasons.join("\n"));
        this.reasons = reasons;
    }
}
