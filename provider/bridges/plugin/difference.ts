/** The answer to Pulumi's `Diff`, from the changes that a lifecycle names. */
import { hasUnknown } from "../../args/unknown";
import type { Change, Difference } from "../lifecycle";
import { provider } from "./protocol";

type Properties = Record<string, unknown>;

/** What Pulumi sends with a diff. */
interface Compared {
    /** The outputs of the resource. */
    readonly olds: Properties;
    /** The inputs of the previous update, in the forms of the schema. */
    readonly oldInputs: Properties;
    readonly news: Properties;
    /** Returns the path of an argument in the forms of the schema. */
    readonly toPath: (path: string) => string;
}

/**
 * Returns the answer with each change at its property. Pulumi compares the old inputs with the new ones at a property
 * with `inputDiff`, and otherwise the outputs with the new inputs: that is drift.
 */
export function diffResponse(
    { changes, refusal, replaces = [], deleteBeforeReplace = false }: Difference,
    { olds, oldInputs, news, toPath }: Compared,
): InstanceType<typeof provider.DiffResponse> {
    const response = new provider.DiffResponse();
    const detailed = response.getDetaileddiffMap();
    const add = (path: string, isInput: boolean, isReplacing: boolean) => {
        const before = at(isInput ? oldInputs : olds, path);
        const found = new provider.PropertyDiff();
        found.setKind(kindOf(before, at(news, path), isInput, isReplacing));
        found.setInputdiff(isInput);
        detailed.set(path, found);
    };
    const replacing = replaces.map(toPath);
    for (const path of replacing) add(path, true, true);
    for (const change of changes) {
        const path = change.path === undefined ? undefined : toPath(change.path);
        if (path === undefined || !detailed.has(path)) add(path ?? shownAt, isInputChange(change), false);
    }
    for (const [key, value] of Object.entries(news))
        if (hasUnknown(value) && !isNamed(detailed, key)) add(key, true, false);
    if (refusal !== undefined && detailed.getLength() === 0) add(shownAt, false, false);
    const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
    response.setChanges(detailed.getLength() > 0 ? DIFF_SOME : DIFF_NONE);
    response.setReplacesList(replacing);
    response.setDiffsList([...new Set(detailed.getEntryList().map(([path]) => topOf(path)))]);
    response.setDeletebeforereplace(deleteBeforeReplace);
    response.setHasdetaileddiff(true);
    return response;
}

/** The output that stands for a change of the whole resource. Pulumi shows nothing without a path. */
const shownAt = "status";

const isInputChange = ({ path, isDrift }: Change) => path !== undefined && isDrift !== true;

const topOf = (path: string): string => path.split(/[.[]/, 1)[0] ?? path;

const isNamed = (detailed: { getEntryList(): [string, unknown][] }, key: string): boolean =>
    detailed.getEntryList().some(([path]) => topOf(path) === key);

/** Returns the kind of a change. An argument is deleted if the program has it no more; an output is only updated. */
function kindOf(before: unknown, after: unknown, isInput: boolean, isReplacing: boolean) {
    const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = provider.PropertyDiff.Kind;
    if (before === undefined && after !== undefined) return isReplacing ? ADD_REPLACE : ADD;
    if (isInput && before !== undefined && after === undefined) return isReplacing ? DELETE_REPLACE : DELETE;
    return isReplacing ? UPDATE_REPLACE : UPDATE;
}

/** Returns the value at a path in Pulumi's syntax. */
function at(properties: Properties, path: string): unknown {
    let value: unknown = properties;
    for (const [, quoted, index, name] of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
        if (typeof value !== "object" || value === null) return undefined;
        value = (value as Record<string, unknown>)[quoted ?? index ?? name ?? ""];
    }
    return value;
}
