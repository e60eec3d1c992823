/** Turns docstrings for TypeScript into descriptions for every language. */
import ts from "typescript";

/** The parts of a docstring that a description contains. */
export interface Docs {
    /** The whole description: the summary with the default and the failure. */
    readonly text: string;
    readonly summary: string;
    readonly default: string | undefined;
    /** When the call fails, as the end of a sentence that starts with "Fails". */
    readonly failure: string | undefined;
    readonly deprecation: string | undefined;
    /** Whether the docstring only names the property that replaces this one. */
    readonly isOtherSpelling: boolean;
}

/** Returns the docstring of a property, an interface or a class as a description. */
export function docsOf(symbol: ts.Symbol, checker: ts.TypeChecker): Docs {
    const tags = new Map(
        symbol.getJsDocTags(checker).map(({ name, text }) => [name, inline(ts.displayPartsToString(text))]),
    );
    const summary = inline(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
    const value = tags.has("default") ? asCode(tags.get("default") as string) : undefined;
    const failure = tags
        .get("throws")
        ?.replace(/^\{[^}]*\} /, "")
        .replace(/\.$/, "");
    const parts = [
        summary,
        ...(value === undefined ? [] : [`Default: ${value}.`]),
        ...(failure === undefined ? [] : [`Fails ${failure}.`]),
    ];
    return {
        text: parts.filter((part) => part !== "").join(failure === undefined ? " " : "\n\n"),
        summary,
        default: value,
        failure,
        deprecation: tags.get("deprecated"),
        isOtherSpelling: /^The (TOML spelling|former name) of /.test(summary),
    };
}

/** Returns a text without code blocks, links and line breaks within paragraphs. */
const inline = (text: string): string =>
    text
        .replace(/```[\s\S]*?```/g, "")
        .replace(/\{@link ([^}|\s]+)[^}]*\}/g, "`$1`")
        .split(/\n\s*\n/)
        .map((paragraph) => paragraph.replace(/\s*\n\s*/g, " ").trim())
        .filter((paragraph) => paragraph !== "")
        .join("\n\n");

/** Returns a default as code if it is a value, and as it is if it is a sentence. */
const asCode = (value: string): string => {
    const literal = /^(?:"[^"]*"|-?\d+(?:\.\d+)?|true|false|\[.*\])(?=$|, |: )/.exec(value)?.[0];
    return literal === undefined ? value.replace(/\.$/, "") : `\`${literal}\`${value.slice(literal.length)}`;
};

/** Returns a description with a sentence before its default. */
export function withSentence(text: string, sentence: string | undefined): string {
    if (sentence === undefined) return text;
    const [, own = text, value = ""] = /^([\s\S]*?)(?: ?(Default: [\s\S]*))?$/.exec(text) ?? [];
    return [own, sentence, value].filter((part) => part !== "").join(" ");
}

/** Returns a sentence that names the only values that are valid. */
export function sentenceOfValues(values: readonly string[]): string {
    const names = values.map((value) => `\`"${value}"\``);
    return `One of ${names.slice(0, -1).join(", ")} and ${names.at(-1)}.`;
}

/** Returns a sentence for a number with a unit, or a text with one: the schema has the text alone. */
export function sentenceOfUnits(name: string, text: string): string {
    const isDuration = /Duration|Age|Timeout$/.test(name);
    if (text.includes(isDuration ? "seconds" : "bytes")) return "A number without a unit is written as text as well.";
    return isDuration
        ? 'A number of seconds, or a duration such as `"48h"`, in each case as text.'
        : 'A number of bytes, or a size such as `"20GB"`, in each case as text.';
}
