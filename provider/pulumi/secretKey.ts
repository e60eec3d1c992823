/** Keys that are given as text are secrets to Pulumi; the path of one is none. */
import * as pulumi from "@pulumi/pulumi";
import { isPem } from "../docker/pem";

/**
 * Changes an input as it is now or, where it is yet to come, once it is known. What is not known in it stays so by
 * itself, instead of making all of it unknown.
 */
function within<Known>(input: unknown, change: (known: Known) => unknown): unknown {
    const isLater = pulumi.Output.isInstance(input) || input instanceof Promise;
    return isLater ? whenKnown(input, change) : change(input as Known);
}

const whenKnown = <Known>(input: unknown, change: (known: Known) => unknown): unknown =>
    pulumi.output(input as object).apply((known) => change(known as Known));

const asSecret = (text: unknown, isSecret: (text: string) => boolean): unknown =>
    whenKnown(text, (known) => (typeof known === "string" && isSecret(known) ? pulumi.secret(known) : known));

const ofMaterial = (material: { key?: unknown }) =>
    material.key === undefined ? material : { ...material, key: asSecret(material.key, isPem) };

/** The material of a TLS connection, with its key. */
export const withSecretKey = <Material>(material: Material): Material => within(material, ofMaterial) as Material;

/** buildkitd's configuration, with the keys of its registries. */
export const withSecretKeys = <Config>(config: Config): Config =>
    within(config, (known: string | { registry?: unknown }) => {
        if (typeof known === "string") return asSecret(known, (text) => /-----BEGIN [A-Z ]*PRIVATE KEY/.test(text));
        return known.registry === undefined ? known : { ...known, registry: within(known.registry, ofRegistries) };
    }) as Config;

const ofRegistries = (registries: object) =>
    Object.fromEntries(Object.entries(registries).map(([host, registry]) => [host, within(registry, ofRegistry)]));

const ofRegistry = (registry: { keypair?: unknown } | undefined) =>
    registry?.keypair === undefined ? registry : { ...registry, keypair: within(registry.keypair, ofPairs) };

const ofPairs = (pairs: unknown) => (Array.isArray(pairs) ? pairs.map(withSecretKey) : withSecretKey(pairs));
