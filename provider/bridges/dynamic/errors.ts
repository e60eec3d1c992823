import { PartialFailureError } from "../lifecycle";
import type { HiddenInputs } from "./hiddenInputs";

/**
 * Returns an error in the form that Pulumi's dynamic provider expects. Pulumi's provider process prints the stack of an
 * error. The stack of an expected error does not help a user and is therefore removed.
 */
export function plainError(error: unknown): unknown {
    const isMistake = [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);
    if (error instanceof Error && !isMistake) error.stack = "";
    return error;
}

/**
 * Adds the properties that Pulumi saves to a {@link PartialFailureError}; returns other errors unchanged (pulumi/pulumi
 * `sdk/nodejs/cmd/dynamic-provider`, `grpcResponseFromError`). Pulumi adds `__provider` to the result of a call, but
 * not to the properties of an error. A resource without `__provider` could be neither refreshed nor removed.
 *
 * @param hidden the hidden inputs that Pulumi saves in addition to what the lifecycle saves.
 */
export const withProperties = (error: unknown, hidden: HiddenInputs): unknown =>
    error instanceof PartialFailureError ? Object.assign(error, { properties: { ...error.saved, ...hidden } }) : error;
