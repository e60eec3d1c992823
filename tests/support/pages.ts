/** The pages of the documentation, and the code blocks in them and in docstrings. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import GithubSlugger from "github-slugger";
import { lexer, type Token, walkTokens } from "marked";
import { checkout } from "./project";

export interface Page {
    /** Path from the root of the checkout. */
    readonly path: string;
    readonly text: string;
    readonly blocks: readonly Block[];
    readonly headings: readonly string[];
    /** Targets of links and pictures, as they are written. */
    readonly links: readonly string[];
    /** Names that a link can refer to after `#`. */
    readonly anchors: ReadonlySet<string>;
}

/** A fenced block of code. */
export interface Block {
    readonly path: string;
    /** Line of the first line of code. */
    readonly line: number;
    readonly language: string;
    /** Words after the language, for example `no-check`. */
    readonly flags: readonly string[];
    readonly text: string;
}

/** The pages for Pulumi's registry. They have shortcodes, and the registry has its own links to them. */
export const registryPages = ["docs/_index.md", "docs/installation-configuration.md"];

export function readPages(): readonly Page[] {
    const docs = readdirSync(join(checkout, "docs"), { recursive: true, encoding: "utf8" })
        .map((path) => posix.join("docs", path))
        .filter((path) => path.endsWith(".md"))
        .sort();
    return ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...docs].map((path) =>
        parsePage(path, readFileSync(join(checkout, path), "utf8")),
    );
}

export function parsePage(path: string, text: string): Page {
    const links: string[] = [];
    const headings: string[] = [];
    const blocks: Block[] = [];
    const anchors = new Set<string>();
    const slugger = new GithubSlugger();
    let at = 0; // each token is searched for behind the one before
    void walkTokens(lexer(text), (token: Token) => {
        if (token.type === "link" || token.type === "image") links.push((token as { href: string }).href);
        if (token.type === "heading") {
            headings.push(plain(token));
            anchors.add(slugger.slug(plain(token)));
        }
        if (token.type === "html") {
            for (const [, , target] of token.raw.matchAll(/\b(href|src)="([^"]+)"/g)) links.push(target as string);
            for (const [, id] of token.raw.matchAll(/\bid="([^"]+)"/g)) anchors.add(id as string);
        }
        if (token.type === "code" && /^ *(```|~~~)/.test(token.raw)) {
            const [fence = ""] = token.raw.split("\n");
            at = text.indexOf(fence, at) + fence.length;
            const [language = "", ...flags] = ((token as { lang?: string }).lang ?? "").split(/\s+/);
            const line = text.slice(0, at).split("\n").length + 1;
            blocks.push({ path, line, language, flags, text: (token as { text: string }).text });
            at += token.raw.length - 2 * fence.trim().length;
        }
    });
    return { path, text, blocks, headings, links, anchors };
}

/** Returns the text of a heading without its formatting. */
function plain(token: Token): string {
    const { tokens, text = "" } = token as { tokens?: Token[]; text?: string };
    return tokens === undefined ? text : tokens.map(plain).join("");
}

/** Returns what is wrong with a link of a page. */
export function brokenLink(page: Page, link: string, pages: readonly Page[]): string | undefined {
    if (/^[a-z]+:/.test(link)) return undefined;
    const [target = "", anchor] = link.split("#");
    const path = target === "" ? page.path : posix.join(dirname(page.path), decodeURI(target));
    const linked = pages.find((each) => each.path === path);
    if (linked === undefined && !existsSync(join(checkout, path))) return `${page.path}: there is no file for ${link}`;
    if (anchor === undefined) return undefined;
    return linked?.anchors.has(anchor) ? undefined : `${page.path}: there is no heading for ${link}`;
}

/** Returns the code blocks of the docstrings in `provider/` and `index.ts`. */
export function docstringBlocks(): readonly Block[] {
    const files = readdirSync(join(checkout, "provider"), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => posix.join("provider", path));
    return ["index.ts", ...files.sort()].flatMap((path) => {
        const text = readFileSync(join(checkout, path), "utf8");
        return [...text.matchAll(/^ *\/\*\*[\s\S]*?\*\//gm)].flatMap((found) => {
            const [docstring] = found;
            const first = text.slice(0, found.index).split("\n").length;
            const content = docstring.replace(/\s*\*\/$/, "").replace(/^ *(\/\*\*|\*) ?/gm, "");
            return parsePage(path, content).blocks.map((block) => ({ ...block, line: block.line + first - 1 }));
        });
    });
}
