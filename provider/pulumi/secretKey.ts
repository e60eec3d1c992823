import * as pulumi from "@pulumi/pulumi";
import { isPem, type TlsArguments } from "../docker/tls";
import type { Inputs } from "./inputs";

type Tls = Inputs<TlsArguments>;

/** Makes a key that is given as text a secret to Pulumi; the path of one is none. */
export function withSecretKey(tls: Tls): Tls {
    if (pulumi.Output.isInstance(tls) || tls instanceof Promise)
        return pulumi.output(tls).apply((known) => withSecretKey(known as Tls)) as Tls;
    if (tls.key === undefined) return tls;
    const key = pulumi
        .output(tls.key)
        .apply((known) => (known !== undefined && isPem(known) ? pulumi.secret(known) : known));
    return { ...tls, key } as Tls;
}
