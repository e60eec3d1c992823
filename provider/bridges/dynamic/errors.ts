import { PartialFailureError } from "../lifecycle";
import type { HiddenInputs } from "./hiddenInputs";

/**
 * Returns a failure as Pulumi's dynamic provider expects it. Pulumi's provider process prints an error's stack, which does
 * not help a user if the error is an expected one, so that the stack is removed.
 */
export function plainError(error: unknown): unknown {
    const isMistake = [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);
    if (error instanceof Error && !isMistake) error.stack = "";
    return error;
}

/**
 * Returns a failure with the properties that Pulumi saves, if the failure is a partial one (pulumi/pulumi
 * `sdk/nodejs/cmd/dynamic-provider`, `grpcResponseFromError`). Pulumi adds `__provider` to the result of a call, but not to
 * the properties of an error. A resource without it could be neither refreshed nor removed.
 *
 * @param hidden what Pulumi saves beside what the lifecycle saves.
 */
export const withProperties = (error: unknown, hidden: HiddenInputs): unknown =>
    error instanceof PartialFailureError ? Object.assign(error, { properties: { ...error.saved, ...hidden } }) : error;
