/** The language of comments and messages: plain modern English. */
import { strict as assert } from "node:assert";
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import ts from "typescript";
import { checkout } from "../support/project";

/** Words and phrases that are hard to read, and plain ones to use instead. */
const instead: Readonly<Record<string, string>> = {
    "(?:re)?made (?:anew|again)|make anew|anew": "recreate, again",
    "mend(?:s|ed|ing)?": "fix",
    "let(?:s|ting)? go of": "release, remove from Pulumi's state",
    "go(?:es)? on": "continue",
    "in the meantime|meanwhile": "during the update, at the same time",
    "by and by|by now|for ever": "after a delay, now, forever",
    "someone else|whoever|whomever|by whom": "another process, another user, the owner",
    "wherever|where (?:there (?:is|are)|it is not|none)": "if",
    "thereby|hereby|herein|therein|thereof|whereby|lest|albeit": "nothing, or a clause with because, so or although",
    "for want of": "because … is missing",
    "seldom|reckons?|dear": "rarely, compute, expensive",
    "befallen|the way back|in (?:its|their|no other's) way": "failed, rollback, affect",
    "by hand": "manually",
    "told|asked for": "reported, requested",
    "is that of|are those of|which has that one's": "repeat the noun",
    "a place of its own|one of its own": "its own, and the noun",
    "(?:is|are|was|were|be) made": "created",
    "(?<!there )is no (?!longer|more)": "is not a",
    "exists already": "already exists",
    "leave (?:it|one of the two|one) out": "remove it",
    "which \\w+\\?$": "required: …",
};

const banned = Object.entries(instead).map(
    ([phrase, plain]) => [new RegExp(`\\b(?:${phrase})(?![\\w-])`, "i"), plain] as const,
);

interface Prose {
    readonly line: number;
    readonly text: string;
}

/** Returns the comments, the strings and the parts of templates in a source text. */
function proseIn(file: string, content: string): Prose[] {
    const source = ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true);
    const found: Prose[] = [];
    const add = (start: number, text: string) => {
        const line = source.getLineAndCharacterOfPosition(start).line + 1;
        // A phrase may continue on the next line of a comment.
        found.push({ line, text: text.replace(/\s*\n\s*(?:\*|\/\/)?\s*/g, " ") });
    };
    const visit = (node: ts.Node): void => {
        if (ts.isJSDoc(node)) return; // is before the next token, too
        const children = node.getChildren(source);
        if (children.length === 0) {
            const start = node.getStart(source, false);
            const before = content.slice(node.pos, start);
            if (before.trim() !== "") add(node.pos + before.search(/\S/), before);
            if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) add(start, node.text);
        }
        children.forEach(visit);
    };
    visit(source);
    return found;
}

async function sources(): Promise<string[]> {
    const folders = ["provider", "cli"].map(async (folder) => {
        const paths = await readdir(join(checkout, folder), { recursive: true });
        return paths.filter((path) => path.endsWith(".ts")).map((path) => posix.join(folder, path));
    });
    return ["index.ts", ...(await Promise.all(folders)).flat()].sort();
}

const offences = (file: string, prose: readonly Prose[]): string[] =>
    prose.flatMap(({ line, text }) =>
        banned.flatMap(([phrase, plain]) => {
            const [found] = phrase.exec(text) ?? [];
            return found === undefined ? [] : [`${file}:${line}: "${found}" (instead: ${plain})`];
        }),
    );

describe("the prose", () => {
    it("of comments and messages has no hard words", async () => {
        const found = (await sources()).map(async (file) =>
            offences(file, proseIn(file, await readFile(join(checkout, file), "utf8"))),
        );
        assert.deepEqual((await Promise.all(found)).flat(), []);
    });

    it("of CONTRIBUTING.md has no hard words", async () => {
        const lines = (await readFile(join(checkout, "CONTRIBUTING.md"), "utf8")).split("\n");
        assert.deepEqual(
            offences(
                "CONTRIBUTING.md",
                lines.map((text, index) => ({ line: index + 1, text })),
            ),
            [],
        );
    });

    it("is found in docstrings, comments, strings and templates", () => {
        const text = [
            "/** It exists",
            " * already. */",
            "const a = `edited ${b} by hand`; // seldom",
            'const c = "mends"; /* the amendment, left-hand */',
        ].join("\n");
        assert.deepEqual(
            offences("a.ts", proseIn("a.ts", text)).map((each) => each.replace(/ \(.*/, "")),
            ['a.ts:1: "exists already"', 'a.ts:3: "by hand"', 'a.ts:3: "seldom"', 'a.ts:4: "mends"'],
        );
    });
});
