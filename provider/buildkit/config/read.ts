import { orNearest } from "../../text/diskSpace";
import { didYouMean } from "../../text/quote";
import { configuration } from "./keys";
import type { Kind } from "./kinds";
import { whyJson } from "./json";
import { daemonKeys, misnomers, tomlNames } from "./names";
import { shown } from "./shown";
import type { BuildkitdConfig } from "./types";

/** buildkitd's configuration with the keys of TOML. */
export type Table = Readonly<Record<string, unknown>>;

export interface Problem {
    /** Path to the wrong value, with the keys as the user wrote them. */
    readonly path: readonly (string | number)[];
    readonly reason: string;
    /** BuildKit does not know this key and ignores it. A newer BuildKit may know it. */
    readonly isUnknownKey?: true;
    /** The value is legal, but probably not the intended one. */
    readonly isWarning?: true;
}

/** A file in the configuration, given as its path or as its text. */
export interface FileArgument {
    readonly path: Problem["path"];
    readonly holds: "certificate" | "key";
    readonly value: string;
}

export interface Reading {
    readonly table: Table;
    readonly problems: readonly Problem[];
    readonly files: readonly FileArgument[];
}

/** Reads a configuration, text or object, and reports what is wrong in it. */
export async function readConfig(config: string | BuildkitdConfig): Promise<Reading> {
    const problems: Problem[] = [];
    const files: FileArgument[] = [];
    let given: unknown = config;
    if (typeof config === "string") {
        const { parse, TomlError } = await import("smol-toml");
        try {
            given = parse(config);
        } catch (error) {
            if (!(error instanceof TomlError)) throw error;
            // Omits the surrounding lines, which may contain secrets.
            const why = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "");
            const whyPath =
                isPath(config) && 'the text is the path of a file: use its content, readFileSync(path, "utf8")';
            const reason =
                whyJson(config) || whyPath || `invalid TOML at line ${error.line}, column ${error.column}: ${why}`;
            return { table: {}, problems: [{ path: [], reason }], files };
        }
    }
    const reader = { isText: typeof config === "string", problems, files };
    return { table: readAs(configuration, given, [], reader) as Table, problems, files };
}

/** Whether a configuration is probably the path of a file: one line without TOML syntax. */
const isPath = (config: string) => !/[\n=[#]/.test(config.trim());

interface Reader {
    /** The configuration is TOML text, which is read more strictly than an object. */
    readonly isText: boolean;
    readonly problems: Problem[];
    readonly files: FileArgument[];
}

function readAs(kind: Kind, value: unknown, path: Problem["path"], reader: Reader): unknown {
    const wrong = (reason: string) => void reader.problems.push({ path, reason });
    const notATable = () => wrong(`${shown(value)} is not a valid value: must be a table`);
    switch (kind.is) {
        case "anything":
            return value;
        case "list": {
            const list = !reader.isText && isTable(value) ? [value] : value;
            if (!Array.isArray(list)) return wrong(`${shown(value)} is not a valid value: must be a list of tables`);
            return list.map((each, index) => readAs(kind.of, each, [...path, index], reader));
        }
        case "named":
            if (!isTable(value)) return notATable();
            return Object.fromEntries(
                Object.entries(value).map(([name, each]) => [name, readAs(kind.of, each, [...path, name], reader)]),
            );
        case "table":
            if (!isTable(value)) return notATable();
            return readTable(kind, value, path, reader);
        case "scalar": {
            const read = kind.isList && !reader.isText && typeof value === "string" ? [value] : value;
            if (!kind.isLegal(read)) {
                const message = kind.nearlyLegal?.(value) ?? kind.invalid;
                return wrong(`${shown(value)} ${message}${orNearest(kind.nearest?.(value))}`);
            }
            const doubt = kind.doubt?.(read);
            if (doubt !== undefined) reader.problems.push({ path, reason: doubt, isWarning: true });
            const { holds } = kind;
            if (holds !== undefined) {
                for (const [index, file] of (Array.isArray(read) ? (read as string[]) : [read as string]).entries())
                    reader.files.push({ path: Array.isArray(value) ? [...path, index] : path, holds, value: file });
            }
            return read;
        }
    }
}

function readTable(
    { keys }: Extract<Kind, { is: "table" }>,
    value: Record<string, unknown>,
    path: Problem["path"],
    reader: Reader,
): Table {
    const names = namesOf(keys, reader.isText);
    const read: Record<string, unknown> = {};
    for (const [key, each] of Object.entries(value)) {
        if (each === undefined || each === null) continue;
        const at = [...path, key];
        const name = names.get(key.toLowerCase());
        if (name === undefined) {
            const instead = meant(key, keys, { ...reader, isTop: path.length === 0 });
            const reason = `BuildKit does not support ${key} here: ${instead}`;
            reader.problems.push({ path: at, reason, isUnknownKey: true });
            read[key] = each;
        } else if (name in read) {
            reader.problems.push({ path: at, reason: `${name} is set twice, in two spellings: remove one of them` });
        } else {
            read[name] = readAs(keys[name] as Kind, each, at, reader);
        }
    }
    return read;
}

type Keys = Extract<Kind, { is: "table" }>["keys"];

/** Returns the keys of TOML by their accepted spellings, in lower case. BuildKit ignores the case of keys. */
function namesOf(keys: Keys, isText: boolean): ReadonlyMap<string, string> {
    const names = new Map(Object.keys(keys).map((key) => [key.toLowerCase(), key]));
    if (!isText)
        for (const [name, key] of Object.entries(tomlNames)) if (key in keys) names.set(name.toLowerCase(), key);
    return names;
}

/** Returns what to write instead of a key that does not exist. */
function meant(key: string, keys: Keys, { isText, isTop }: { isText: boolean; isTop: boolean }): string {
    const name = key.toLowerCase();
    if (isTop && daemonKeys[name] !== undefined) return daemonKeys[name];
    const right = Object.entries(misnomers).find(([each, wrong]) => each in keys && wrong.includes(name))?.[0];
    if (right !== undefined) return `did you mean ${spellings({ [right]: keys[right] as Kind }, isText)[0]}?`;
    return didYouMean(key, spellings(keys, isText));
}

/** Returns the preferred spelling of each key. */
function spellings(keys: Keys, isText: boolean): string[] {
    if (isText) return Object.keys(keys);
    const inObjects = Object.fromEntries(Object.entries(tomlNames).map(([name, key]) => [key, name]));
    return Object.keys(keys).map((key) => inObjects[key] ?? key);
}

const isTable = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
