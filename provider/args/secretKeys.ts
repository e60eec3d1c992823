/** Private keys that are given as text are secrets to Pulumi; the path of one is none. */
import * as pulumi from "@pulumi/pulumi";
import { holdsPrivateKey, isPem } from "../pem";

/**
 * Arguments with each private key in them, at whatever depth, as a secret. What is not known yet stays so by itself,
 * instead of making all that is around it unknown.
 */
export const withSecretKeys = <Arguments>(args: Arguments): Arguments => secretive(args, "") as Arguments;

/** @param name of the argument that the value stands at. */
function secretive(value: unknown, name: string): unknown {
    if (pulumi.Output.isInstance(value) || value instanceof Promise)
        return pulumi.output(value as object).apply((known) => secretive(known, name));
    if (typeof value === "string") {
        // Of a key that is broken, too.
        const isSecret = holdsPrivateKey(value) || (name.toLowerCase() === "key" && isPem(value));
        return isSecret ? pulumi.secret(value) : value;
    }
    if (Array.isArray(value)) return value.map((each) => secretive(each, name));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, secretive(each, key)]));
}
