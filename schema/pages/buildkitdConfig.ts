/** The page of buildkitd's configuration: each key that is checked. */
import ts from "typescript";
import { tomlNames } from "../../provider/buildkit/config/names";
import { docsOf } from "../docs";
import { membersOf } from "../types";
import { code, page, table } from "./markdown";
import { propertiesOf, type Source } from "./reference";
import { TypeTexts } from "./typeText";

/** A table of the configuration. */
interface ConfigTable {
    /** The keys that lead to it, for example `worker.oci`. */
    readonly path: string;
    readonly type: ts.Type;
    readonly isList: boolean;
    readonly summary: string;
}

export function buildkitdConfigPage({ types }: Source): string {
    const { checker, exported } = types;
    const root = checker.getDeclaredTypeOfSymbol(exported("BuildkitdConfig"));
    const texts = new TypeTexts(types);
    return page(
        "buildkitd's configuration",
        "The keys of `buildkitdConfig` (an object) and of a `buildkitd.toml` (`buildkitdToml`, or `buildkitdConfig` as text). " +
            "They are the keys that BuildKit 0.34 knows. `pulumi preview` reports an unknown key and a value that BuildKit does " +
            "not accept. If the key in TOML has another spelling than the key in an object, the column TOML shows it; an object " +
            "accepts both spellings.",
        valuesSection,
        ...tablesOf({ path: "", type: root, isList: false, summary: "" }).map((each) => section(each)),
    );

    function tablesOf(of: ConfigTable): ConfigTable[] {
        const inner = propertiesOf(of.type, checker).flatMap((symbol) => {
            const found = tableType(checker.getTypeOfSymbol(symbol));
            if (found === undefined) return [];
            const key = found.isNamed ? `${symbol.name}.<name>` : symbol.name;
            const summary = docsOf(symbol, checker).summary || typeDocs(found.type).summary;
            const path = of.path === "" ? key : `${of.path}.${key}`;
            return tablesOf({ ...found, path, summary });
        });
        return [of, ...inner];
    }

    function section({ path, type, isList, summary }: ConfigTable): string {
        const rows = propertiesOf(type, checker)
            .filter((symbol) => tableType(checker.getTypeOfSymbol(symbol)) === undefined)
            .map((symbol) => {
                const docs = docsOf(symbol, checker);
                const toml = tomlNames[symbol.name as keyof typeof tomlNames] as string | undefined;
                return [code(symbol.name), toml ? code(toml) : "", typeOf(symbol), docs.default ?? "", docs.summary];
            });
        const toml = tomlHeader(path, isList);
        return [
            `## ${path === "" ? "Top level" : code(path)}`,
            [summary, toml].filter(Boolean).join(" "),
            ...(rows.length > 0 ? [table(["key", "TOML", "type", "default", "description"], rows)] : []),
        ]
            .filter(Boolean)
            .join("\n\n");
    }

    /** Returns the type of a value. Sizes and durations have names, which are links. */
    function typeOf(symbol: ts.Symbol): string {
        const declared = symbol.declarations?.find(ts.isPropertySignature)?.type?.getText() ?? "";
        if (declared === "DiskSpace") return "[size](#values)";
        if (declared === "Duration") return "[duration](#values)";
        return texts.ofProperty(symbol);
    }

    /** Returns the table that a key holds: by itself, as a list, or for each of several names. */
    function tableType(type: ts.Type): { type: ts.Type; isList: boolean; isNamed: boolean } | undefined {
        const members = membersOf(type);
        const list = members.find((member) => checker.isArrayType(member));
        const item = list && checker.getTypeArguments(list as ts.TypeReference)[0];
        const named = members.map((member) => member.getStringIndexType()).find((value) => value !== undefined);
        const table = item ?? named ?? members[0];
        const isTable = table !== undefined && types.interfaceOf(table) !== undefined;
        return isTable ? { type: table, isList: item !== undefined, isNamed: named !== undefined } : undefined;
    }

    function typeDocs(type: ts.Type) {
        const symbol = types.interfaceOf(type);
        return symbol === undefined ? { summary: "" } : docsOf(symbol, checker);
    }
}

const valuesSection = [
    "## Values",
    '- A size is a number of bytes, a text such as `"20GB"`, or a share of the disk such as `"10%"`. As everywhere in ' +
        "BuildKit, a GB is 1024³ bytes.",
    '- A duration is a number of seconds, or a text such as `"48h"`. BuildKit has no unit for days and weeks.',
    "- A certificate or key of `registry` is the path of a file on the machine that runs Pulumi, or PEM text. All other paths " +
        "are paths in the container.",
]
    .join("\n\n")
    .replaceAll("\n\n- ", "\n- ")
    .replace("\n- ", "\n\n- ");

/** Returns the header of a table in TOML, if it differs from the path in an object. */
function tomlHeader(path: string, isList: boolean): string {
    if (path === "") return "";
    const keys = path.split(".").map((key) => (tomlNames[key as keyof typeof tomlNames] as string | undefined) ?? key);
    const written = keys.map((key) => (key === "<name>" || key.includes(".") ? `"${key}"` : key)).join(".");
    return `In TOML: \`${isList ? `[[${written}]]` : `[${written}]`}\`.`;
}
