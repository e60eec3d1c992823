/**
 * Merges pod templates as Kubernetes' strategic merge patch does (kubernetes/api: `core/v1/types.go`, `patchMergeKey`).
 * Objects are merged by key. Lists of objects with a key are merged by that key. Other lists are replaced, except for
 * tolerations, which are added. `null` removes a key, and
 * `$patch: delete` an element.
 */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { formatPath } from "../../text/quote";

/** JSON without functions. */
export type Json = Readonly<Record<string, unknown>>;

/** By the name of a list, the key of its elements. */
const mergeKeys: Readonly<Record<string, string>> = {
    containers: "name",
    initContainers: "name",
    ephemeralContainers: "name",
    volumes: "name",
    imagePullSecrets: "name",
    resourceClaims: "name",
    schedulingGates: "name",
    env: "name",
    volumeMounts: "mountPath",
    volumeDevices: "devicePath",
    ports: "containerPort",
    hostAliases: "ip",
    topologySpreadConstraints: "topologyKey",
};

/** Lists whose elements are added. */
const added: readonly string[] = ["tolerations"];

const isObject = (value: unknown): value is Json =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns `base` with the patch merged into it. */
export function strategicMerge(base: Json, patch: Json): Json {
    const { $patch: directive, ...values } = patch;
    const merged: Record<string, unknown> = directive === "replace" ? {} : { ...base };
    for (const [key, value] of Object.entries(values)) {
        if (value === null) delete merged[key];
        else merged[key] = mergeValue(key, merged[key], value);
    }
    return merged;
}

function mergeValue(key: string, base: unknown, patch: unknown): unknown {
    if (Array.isArray(patch)) return mergeList(key, Array.isArray(base) ? base : [], patch);
    if (!isObject(patch)) return patch;
    return strategicMerge(isObject(base) ? base : {}, patch);
}

function mergeList(name: string, base: readonly unknown[], patch: readonly unknown[]): unknown[] {
    if (added.includes(name)) return [...base, ...patch];
    const key = mergeKeys[name];
    if (key === undefined || !patch.every(isObject)) return [...patch];
    const isReplaced = patch.some((each) => each.$patch === "replace");
    const elements = patch.filter((each) => each.$patch !== "replace" || each[key] !== undefined);
    const merged = isReplaced ? [] : base.filter(isObject);
    for (const element of elements) {
        const at = merged.findIndex((each) => each[key] === element[key]);
        if (element.$patch === "delete") {
            if (at >= 0) merged.splice(at, 1);
        } else if (at >= 0) merged[at] = strategicMerge(merged[at] as Json, element);
        else merged.push(strategicMerge({}, element));
    }
    return merged;
}

/** Returns what a patch of a pod template must not have. */
export function failuresOfTemplate(template: Json | undefined): CheckFailure[] {
    if (!isObject(template)) return [];
    const failures: CheckFailure[] = [];
    const fail = (path: readonly (string | number)[], reason: string) =>
        failures.push({ property: formatPath(["podTemplate", ...path]), reason });
    for (const key of Object.keys(template).filter((each) => each !== "metadata" && each !== "spec"))
        fail([key], `"${key}" is not a valid key of a pod template: must be metadata or spec`);
    const visit = (value: unknown, path: readonly (string | number)[]): void => {
        if (Array.isArray(value)) {
            const key = mergeKeys[String(path.at(-1))];
            for (const [index, each] of value.entries()) {
                if (key !== undefined && isObject(each) && each[key] === undefined && each.$patch !== "replace")
                    fail([...path, index], `required: ${key}, by which ${String(path.at(-1))} are merged`);
                visit(each, [...path, index]);
            }
        } else if (isObject(value)) {
            for (const [name, each] of Object.entries(value)) {
                if (name === "$patch" ? each !== "delete" && each !== "replace" : name.startsWith("$"))
                    fail([...path, name], 'not supported: only $patch: "delete" and $patch: "replace" are');
                visit(each, [...path, name]);
            }
        }
    };
    visit(template, []);
    const { metadata, spec } = template as { metadata?: { labels?: Json }; spec?: { containers?: unknown } };
    if (metadata?.labels?.app !== undefined)
        fail(["metadata", "labels", "app"], "reserved: buildx finds the pods by the label app. Remove it");
    const containers = Array.isArray(spec?.containers) ? (spec.containers as Json[]) : [];
    const removed = containers.findIndex((each) => each.name === "buildkitd" && each.$patch === "delete");
    if (removed >= 0) fail(["spec", "containers", removed], "the container buildkitd cannot be removed");
    return failures;
}
