/** Marks private keys in the arguments of a program as secrets. */
import * as pulumi from "@pulumi/pulumi";
import { isPrivateKey } from "../args/secrets";

/**
 * Returns arguments in which each private key, at every level, is a secret. A value that is not known yet does not make
 * the values around it unknown.
 */
export const withSecretKeys = <Arguments>(args: Arguments): Arguments => secretive(args, "") as Arguments;

/** @param name the name of the argument that has the value. A list item has the name of its list. */
function secretive(value: unknown, name: string): unknown {
    if (pulumi.Output.isInstance(value) || value instanceof Promise)
        return pulumi.output(value as object).apply((known) => secretive(known, name));
    if (typeof value === "string") return isPrivateKey(name, value) ? pulumi.secret(value) : value;
    if (Array.isArray(value)) return value.map((each) => secretive(each, name));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, secretive(each, key)]));
}
