/**
 * The contract between the resources and the bridges through which Pulumi calls them. The `lifecycle.ts` of a resource
 * implements {@link Lifecycle} and imports nothing else from a bridge. A bridge uses nothing else from a resource.
 */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import type { Path } from "../args/secrets";
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
    /**
     * Names of the outputs that are unknown until the resource is created. An argument with the same name is not the
     * output: at the preview of a creation, the output is unknown even if the argument is known.
     */
    readonly outputs: readonly string[];
    /**
     * Names of the outputs that repeat the argument of the same name. At the preview of a creation, the output is
     * unknown only if the argument is not given.
     *
     * @default none
     */
    readonly argumentOutputs?: readonly string[];
    /**
     * Names of the outputs that an update never changes. They stay known at the preview of an update.
     *
     * @default none
     */
    readonly stableOutputs?: readonly string[];
    /**
     * Returns the paths of values that Pulumi must treat as secrets although the program may not mark them: private
     * keys, and saved properties that repeat secret arguments. A bridge marks these values in the results of check,
     * create, read and update. Values that the program marks as secrets are not included.
     *
     * @default none
     */
    secretPaths?(of: Args | Partial<Saved>): readonly Path[];
    /**
     * Returns everything that no other resource of the same deployment may use. The bridge calls it after a check
     * without failures, and passes the result to the register in `exclusiveUses.ts`.
     *
     * @default none
     */
    exclusiveUses?(call: Call, args: Args): Promise<readonly ExclusiveUse[]>;
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
    /**
     * Reads an existing resource of which Pulumi knows only the id, for an import.
     *
     * @param given arguments that a program gives beside the id.
     * @throws {Error} if there is no such resource.
     * @default the resource cannot be imported
     */
    import?(call: Call, id: string, given: Partial<Args>): Promise<Imported<Args, Saved>>;
    /** @throws {PartialFailureError} if the update failed after it changed something. */
    update(call: Call, id: string, saved: Saved, args: Args): Promise<Saved>;
    delete(call: Call, id: string, saved: Saved): Promise<void>;
    /** Returns the volumes that a call works on. The bridge runs one call at a time on each volume. */
    volumesOf?(of: Args | Saved): Promise<readonly string[]>;
    /** Returns the saved arguments beside the new ones, for the resource option `replaceOnChanges`. */
    comparedArguments(saved: Saved, args: Args): ComparedArguments;
}

/** Something that only one resource of a deployment can use, for example the volume of a state. */
export interface ExclusiveUse {
    /** Identifies the used thing, for example by the name of a volume and its engine. */
    readonly key: string;
    /** Path of the argument that selects it, in Pulumi's syntax. */
    readonly property: string;
    /** Returns the error message if another resource uses it. @param user the URN of the other resource. */
    readonly reason: (user: string) => string;
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

/** An existing resource that Pulumi imports. */
export interface Imported<Args, Saved> extends Created<Saved> {
    /** Arguments that describe the resource, without values that equal the defaults. */
    readonly args: Args;
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
