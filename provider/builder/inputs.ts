import type { DriverOptions } from "../buildx/driverOptions";

/**
 * A builder's arguments as they reach the provider: plain values, at preview with the engine's constant for
 * what is not known yet. Keys that start with two underscores are ours and not shown to users.
 */
export interface BuilderInputs {
    name?: string;
    state?: StateReference;
    endpoint?: string;
    driverOpts?: DriverOptions;
    platforms?: string[];
    buildkitdFlags?: string[];
    use?: boolean;
    keepState?: boolean;
    adopt?: boolean;
    pull?: "missing" | "always";
    labels?: Record<string, string>;
    bootTimeout?: number;
    drainTimeout?: number;
    /** The name for a builder that was given none; chosen once and kept. */
    __autoName?: string;
    /** The URN of the resource. */
    __urn: string;
    /** The resource option of that name. */
    __replaceOnChanges?: string[];
}

/** What a builder takes from its `BuildKitState`. */
export interface StateReference {
    builderName: string;
    node: string;
    volumeName: string;
    endpoint?: string;
}

export const defaults = {
    /** Seconds. */
    bootTimeout: 60,
    /** Seconds. */
    drainTimeout: 600,
} as const;
