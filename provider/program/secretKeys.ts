/** Marks private keys as secrets if they are given as text. The path of a key is not a secret. */
import * as pulumi from "@pulumi/pulumi";
import { holdsPrivateKey, isPem } from "../pem";

/**
 * Returns arguments in which each private key, at every level, is a secret. A value that is not known yet does not make
 * the values around it unknown.
 */
export const withSecretKeys = <Arguments>(args: Arguments): Arguments => secretive(args, "") as Arguments;

/** @param name the name of the argument that has the value. */
function secretive(value: unknown, name: string): unknown {
    if (pulumi.Output.isInstance(value) || value instanceof Promise)
        return pulumi.output(value as object).apply((known) => secretive(known, name));
    if (typeof value === "string") {
        // The text of an invalid key is a secret, too.
        const isSecret = holdsPrivateKey(value) || (name.toLowerCase() === "key" && isPem(value));
        return isSecret ? pulumi.secret(value) : value;
    }
    if (Array.isArray(value)) return value.map((each) => secretive(each, name));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, secretive(each, key)]));
}
