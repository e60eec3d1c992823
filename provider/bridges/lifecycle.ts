/**
 * The contract between the resources and the bridges by which Pulumi reaches them. A resource's `lifecycle.ts` implements
 * {@link Lifecycle} and imports nothing else of a bridge; a bridge knows nothing else of a resource.
 */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import type { Waiting } from "../waiting";

/** One call from Pulumi. */
export interface Call extends Waiting {
    /** The URN of the resource. */
    readonly urn: string;
    /** The resource's URN at the previous update; an alias may have changed it. `undefined` if the bridge does not know it. */
    readonly previousUrn?: string | undefined;
    /** Whether Pulumi runs a preview. `undefined` if the bridge does not know it. */
    readonly isPreview?: boolean | undefined;
    /** Whether the engine may run on a machine that the same program creates, so that it may still be starting. */
    readonly mayBeStarting: boolean;
    /** Replaces the status text beside the resource. The bridge clears the text when the call ends. */
    readonly report: (text: string) => void;
    /** Adds a warning to the log of the update. */
    readonly warn: (text: string) => Promise<void>;
    /** Reads {@link deleteUnreachableSetting} of the resource's stack. */
    readonly deletesUnreachable: () => Promise<boolean>;
}

/** Whether a resource may be removed from Pulumi's state when its engine is unreachable: a key of the stack's configuration. */
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
    /** Compares arguments with the saved resource. The bridge adds the change that unknown values may bring. */
    diff(call: Call, id: string, saved: Saved, args: Args): Promise<Difference>;
    /** @throws {PartialFailureError} if a part of the resource was created and could not be removed again. */
    create(call: Call, args: Args): Promise<Created<Saved>>;
    /**
     * Reads what the resource is now.
     *
     * @param saved incomplete if a program asks for a resource by its id.
     * @returns `undefined` if the resource does not exist any more.
     */
    read(call: Call, id: string, saved: Partial<Saved>): Promise<Created<Saved> | undefined>;
    /** @throws {PartialFailureError} if the update failed after it had changed something. */
    update(call: Call, id: string, saved: Saved, args: Args): Promise<Saved>;
    delete(call: Call, id: string, saved: Saved): Promise<void>;
    /** Returns the volumes that a call works on. The bridge runs one call at a time on each volume. */
    volumesOf?(of: Args | Saved): Promise<readonly string[]>;
    /** Returns the saved arguments beside the new ones, for the resource option `replaceOnChanges`. */
    comparedArguments(saved: Saved, args: Args): ComparedArguments;
}

export interface CheckedArguments<Args> {
    /** The arguments, completed with names that the resource chose itself. */
    readonly args: Args;
    readonly failures: CheckFailure[];
}

export interface Created<Saved> {
    readonly id: string;
    readonly saved: Saved;
}

/** What an update would change. Without a change or a refusal there is no update. */
export interface Difference {
    readonly changes: readonly Change[];
    /** Why an update would fail before it changes anything. */
    readonly refusal?: string | undefined;
    /** The arguments that make it another resource. */
    readonly replaces?: readonly string[];
    /** Whether a replacement removes the old resource first. @default false */
    readonly deleteBeforeReplace?: boolean;
}

export interface Change {
    /** The path of the argument, for example `driverOpts.memory`. `undefined` if the plan does not know it. */
    readonly path?: string;
    /** The plan's own reason, for example `memory changed`. */
    readonly why: string;
}

/** Returns the changes that a plan stands for: of arguments that replace the resource, and by its steps, each reason once. */
export const changesOf = (replaces: readonly string[], steps: readonly { readonly why: string }[]): Change[] => [
    ...replaces.map((path) => ({ path, why: `${path} changed` })),
    ...[...new Set(steps.map(({ why }) => why))].map((why) => ({ why })),
];

/** A resource's arguments before and after a change, in one form: without outputs, and defaults filled in on both sides. */
export interface ComparedArguments {
    readonly before: object;
    readonly after: object;
}

/** A creation or an update that stopped halfway. Pulumi saves the resource with the reasons and updates it next time. */
export class PartialFailureError extends Error {
    readonly reasons: string[];

    /** @param causes what stopped it, and what stopped the rollback. */
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
