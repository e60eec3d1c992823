/** Property values as Pulumi's protocol sends them (pulumi/pulumi: `sdk/go/common/resource/plugin/rpc.go`). */
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { unknown } from "../../args/unknown";
import { struct } from "./protocol";

/** The key that marks an object as a value with a special meaning, and the marks of a secret and of a resource. */
const signature = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";
const resourceMark = "5cf8f73096256a8f31e491e813e4eb8e";

/**
 * Returns what stands for a resource in plain values, from its URN and its id. Pulumi sends an empty id if the id is not
 * known yet; here it is unknown, as other values.
 */
type Resolve = (urn: string, id: unknown) => unknown;

/**
 * Returns the properties of a message as plain values. Secrets are unwrapped, and properties without a value dropped.
 *
 * @param resolve returns what stands for a resource. @default its id
 */
export const toProperties = (message: Struct | undefined, resolve: Resolve = (_, id) => id): Record<string, unknown> =>
    plain(message?.toJavaScript() ?? {}, resolve) as Record<string, unknown>;

function plain(value: unknown, resolve: Resolve): unknown {
    if (Array.isArray(value)) return value.map((each) => plain(each, resolve));
    if (typeof value !== "object" || value === null) return value;
    const object = value as Record<string, unknown>;
    if (object[signature] === secretMark) return plain(object.value, resolve);
    if (object[signature] === resourceMark) return resolve(String(object.urn), object.id || unknown);
    return Object.fromEntries(
        Object.entries(object)
            .map(([key, each]) => [key, plain(each, resolve)])
            .filter(([, each]) => each !== null), // also a secret without a value
    );
}

/**
 * Returns properties as a message.
 *
 * @param secrets the paths of values that Pulumi must treat as secrets, each as its keys.
 */
export function toStruct(properties: object, secrets: readonly (readonly (string | number)[])[] = []): Struct {
    let all = withoutUndefined(properties);
    for (const path of secrets) all = markSecret(all, path);
    return struct.Struct.fromJavaScript(all as Parameters<typeof struct.Struct.fromJavaScript>[0]);
}

/** The protocol has no `undefined`. An item of a list without a value becomes `null`, to keep the places of the others. */
function withoutUndefined(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => withoutUndefined(each) ?? null);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, each]) => each !== undefined)
            .map(([key, each]) => [key, withoutUndefined(each)]),
    );
}

function markSecret(value: unknown, [key, ...rest]: readonly (string | number)[]): unknown {
    if (key === undefined) return isSecret(value) ? value : { [signature]: secretMark, value };
    if (Array.isArray(value))
        return value.map((each: unknown, index) => (index === Number(key) ? markSecret(each, rest) : each));
    if (typeof value !== "object" || value === null || !(key in value)) return value;
    const object = value as Record<string | number, unknown>;
    return { ...object, [key]: markSecret(object[key], rest) };
}

const isSecret = (value: unknown): boolean =>
    typeof value === "object" && value !== null && signature in value && value[signature] === secretMark;
