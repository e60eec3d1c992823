/** Property values as Pulumi's protocol sends them (pulumi/pulumi: `sdk/go/common/resource/plugin/rpc.go`). */
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { struct } from "./protocol";

/** The key that marks an object as a value with a special meaning, and the mark of a secret. */
const signature = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** Returns the properties of a message as plain values. Secrets are unwrapped, and properties without a value dropped. */
export const toProperties = (message: Struct | undefined): Record<string, unknown> =>
    plain(message?.toJavaScript() ?? {}) as Record<string, unknown>;

function plain(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    const object = value as Record<string, unknown>;
    if (object[signature] === secretMark) return plain(object.value);
    return Object.fromEntries(
        Object.entries(object)
            .map(([key, each]) => [key, plain(each)])
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
