/** A builder's arguments and options as the class registers them with Pulumi. */
import type * as pulumi from "@pulumi/pulumi";
import { withSecretKeys } from "../../program/secretKeys";
import { repeatedArguments } from "./saved";

interface RemoteArgs {
    readonly tls?: unknown;
    readonly nodes?: unknown;
}

/** Returns the arguments with the text of keys as secrets. */
export const registeredArgs = ({ tls, nodes, ...others }: RemoteArgs): pulumi.Inputs => ({
    ...others,
    ...(tls !== undefined && { tls: withSecretKeys(tls) }),
    ...(nodes !== undefined && { nodes: withSecretKeys(nodes) }),
});

export const registeredOptions = (
    { nodes }: RemoteArgs,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.CustomResourceOptions => ({
    ...opts,
    ...(nodes !== undefined && {
        additionalSecretOutputs: [...(opts?.additionalSecretOutputs ?? []), repeatedArguments],
    }),
});
