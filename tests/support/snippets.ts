/** Checks code blocks that are not TypeScript: shell commands, workflows and Pulumi programs in YAML. */
import { parseAllDocuments } from "yaml";
import { parseArguments } from "../../cli/arguments";
import type { Block } from "./pages";
import { run } from "./run";

/** Returns the commands of a block. In `console` blocks they follow a prompt, and the other lines are output. */
export function commandsIn({ language, text }: Pick<Block, "language" | "text">): string {
    if (language !== "console") return text;
    let isContinued = false;
    const commands = text.split("\n").map((line) => {
        const command = line.startsWith("$ ") ? line.slice(2) : isContinued ? line : "";
        isContinued = command.endsWith("\\");
        return command; // an empty line for output, so that lines keep their number
    });
    return commands.join("\n");
}

/** Returns what `bash -n` says against commands. */
export async function shellError(commands: string): Promise<string | undefined> {
    const { code, output } = await run("bash", ["-n", "-c", commands]);
    return code === 0 ? undefined : output.trim();
}

/** Returns the scripts of `package.json` that a text runs. */
export const npmScriptsIn = (text: string): string[] =>
    [...text.matchAll(/\bnpm (?:run(?: --silent)? ([\w:-]+)|(test)\b)/g)].map(([, script, test]) => (script ?? test)!);

/** Returns what is wrong with the calls of `pulumi-buildx` in a text. */
export function cliErrors(text: string): string[] {
    const calls = text.matchAll(/(?:\bnpx |^\$ )pulumi-buildx((?: +[\w./-]+)*)/gm);
    return [...calls].flatMap(([call, args = ""]) => {
        try {
            parseArguments(args.split(" ").filter(Boolean));
            return [];
        } catch (error) {
            return [`${call}: ${(error as Error).message}`];
        }
    });
}

/** Returns the names that a text uses in the namespace of the package: settings, resources and functions. */
export const namesIn = (text: string): string[] =>
    [...text.matchAll(/(?<![\w.-])buildx:(?:index:)?([A-Za-z]\w*)/g)].map(([, name]) => name as string);

type Yaml = null | string | number | boolean | readonly Yaml[] | YamlMap;
export interface YamlMap {
    readonly [key: string]: Yaml;
}

export const isMap = (value: Yaml | undefined): value is YamlMap =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the documents of a block. @throws {Error} if the block is not valid YAML. */
export function parseYaml(text: string): Yaml[] {
    const documents = parseAllDocuments(text, { prettyErrors: true });
    if (!Array.isArray(documents)) return [];
    return documents.map((document) => {
        const [problem] = [...document.errors, ...document.warnings];
        if (problem !== undefined) throw problem;
        return document.toJS() as Yaml;
    });
}

/** Returns a GitHub workflow for a block that has a workflow, its jobs, or the steps of a job. */
export function workflowIn(text: string, value: Yaml): string | undefined {
    const indented = (by: number) => text.replace(/^(?=.)/gm, " ".repeat(by));
    const job = "on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n";
    if (isMap(value) && isMap(value.jobs)) return "on" in value ? text : `on: push\n${text}`;
    if (isMap(value) && Array.isArray(value.steps)) return `${job}${indented(4)}\n`;
    const isStep = (each: Yaml) => isMap(each) && ("uses" in each || "run" in each);
    return Array.isArray(value) && value.every(isStep) ? `${job}    steps:\n${indented(6)}\n` : undefined;
}

/** Returns what actionlint says against a GitHub workflow. Its first line is the first line of the output. */
export async function workflowErrors(workflow: string, path: string): Promise<string | undefined> {
    const { code, output } = await run("actionlint", ["-no-color", "-shellcheck=", "-pyflakes=", path]);
    return code === 0 ? undefined : `${workflow}: ${output.trim()}`;
}

/** Returns the scripts of a GitLab pipeline. */
export const gitlabScripts = (value: Yaml): string[] =>
    isMap(value)
        ? Object.values(value)
              .filter(isMap)
              .flatMap((job) => [job.before_script, job.script, job.after_script])
              .map((script) => (Array.isArray(script) ? script.flat().join("\n") : script))
              .filter((script) => typeof script === "string")
        : [];

export interface Schema {
    readonly resources: Readonly<Record<string, { inputProperties: Properties; properties: Properties }>>;
    readonly functions: Readonly<
        Record<string, { inputs: { properties: Properties }; outputs: { properties: Properties } }>
    >;
    readonly types: Readonly<Record<string, { properties: Properties }>>;
}
type Properties = Readonly<Record<string, Spec>>;
interface Spec {
    readonly type?: string;
    readonly $ref?: string;
    readonly items?: Spec;
    readonly additionalProperties?: Spec;
}

/** Returns what is wrong with the resources and functions of this package in a Pulumi program. */
export function programErrors(program: Yaml, schema: Schema): string[] {
    const errors: string[] = [];
    const outputs = new Map<string, Properties>(); // of the resources and variables of the program, by name
    const tokenOf = (type: string) => type.replace(/^buildx:(?!index:)/, "buildx:index:");

    function checkProperties(value: Yaml | undefined, known: Properties, at: string): void {
        if (!isMap(value)) return;
        for (const [key, each] of Object.entries(value)) {
            const spec = known[key];
            if (spec === undefined) errors.push(`${at} has no property ${key}`);
            else checkValue(each, spec, `${at}.${key}`);
        }
    }
    function checkValue(value: Yaml, spec: Spec, at: string): void {
        if (typeof value === "string" && value.includes("${")) return;
        if (isMap(value) && Object.keys(value).some((key) => key.startsWith("fn::"))) return;
        if (spec.$ref?.startsWith("#/resources/")) return void errors.push(`${at} is not a resource: write \${name}`);
        const type = spec.$ref?.startsWith("#/types/") ? schema.types[spec.$ref.slice("#/types/".length)] : undefined;
        if (type !== undefined) {
            if (!isMap(value)) errors.push(`${at} is not an object`);
            checkProperties(value, type.properties, at);
        } else if (spec.type === "array") {
            if (!Array.isArray(value)) return void errors.push(`${at} is not a list`);
            value.forEach((each, index) => checkValue(each as Yaml, spec.items ?? {}, `${at}[${index}]`));
        } else if (spec.type === "object") {
            if (!isMap(value)) errors.push(`${at} is not an object`);
        } else if (spec.type !== undefined && !fits(value, spec.type)) {
            errors.push(`${at} is not a ${spec.type}`);
        }
    }

    if (!isMap(program)) return errors;
    for (const [name, resource] of Object.entries(isMap(program.resources) ? program.resources : {})) {
        if (!isMap(resource) || typeof resource.type !== "string" || !resource.type.startsWith("buildx:")) continue;
        const known = schema.resources[tokenOf(resource.type)];
        if (known === undefined) errors.push(`${resource.type} is not a resource`);
        else checkProperties(resource.properties, known.inputProperties, name);
        outputs.set(name, known?.properties ?? {});
    }
    const visit = (value: Yaml | undefined, name: string): void => {
        if (Array.isArray(value)) return value.forEach((each) => visit(each as Yaml, ""));
        if (!isMap(value)) return;
        const call = value["fn::invoke"];
        if (isMap(call) && typeof call.function === "string" && call.function.startsWith("buildx:")) {
            const known = schema.functions[tokenOf(call.function)];
            if (known === undefined) errors.push(`${call.function} is not a function`);
            else checkProperties(call.arguments, known.inputs.properties, call.function);
            if (known !== undefined && call.return === undefined) outputs.set(name, known.outputs.properties);
        }
        for (const [key, each] of Object.entries(value)) visit(each, key);
    };
    visit(program, "");
    for (const [, name = "", output = ""] of JSON.stringify(program).matchAll(/\$\{(\w+)\.(\w+)/g)) {
        const known = outputs.get(name);
        if (known !== undefined && !(output in known) && !["id", "urn"].includes(output))
            errors.push(`\${${name}.${output}} is not an output`);
    }
    return errors;
}

const fits = (value: Yaml, type: string): boolean =>
    type === "integer" ? Number.isInteger(value) : typeof value === (type as "string" | "number" | "boolean");
