import { parseArgs } from "node:util";
import { didYouMean } from "../provider/text/quote";

const builderCommands = ["status", "doctor"] as const;

export const commands = [...builderCommands, "plugin"] as const;

/** A command line: the command and its arguments. */
export interface Invocation {
    readonly command: (typeof builderCommands)[number];
    /** The requested builders, in lower case as buildx stores them. An empty list requests all builders. */
    readonly names: readonly string[];
    readonly json: boolean;
}

/** Thrown for invalid arguments. */
export class UsageError extends Error {}

const options = {
    json: { type: "boolean" },
    list: { type: "boolean" },
    help: { type: "boolean", short: "h" },
    version: { type: "boolean", short: "V" },
} as const;

/**
 * Parses a command line.
 *
 * @throws {UsageError} if an argument is not valid. The message suggests what was probably meant.
 */
export function parseArguments(
    args: readonly string[],
): Invocation | "help" | "version" | "plugin install" | "doctor list" {
    // Not strict, because the parser's own errors have no suggestions.
    const { values, positionals, tokens } = parseArgs({
        args: [...args],
        options,
        strict: false,
        allowPositionals: true,
        tokens: true,
    });
    for (const token of tokens) {
        if (token.kind !== "option") continue;
        if (!(token.name in options)) {
            const legal = Object.keys(options).map((name) => `--${name}`);
            throw new UsageError(`"${token.rawName}" is not a valid option: ${didYouMean(token.rawName, legal)}`);
        }
        if (token.value !== undefined) throw new UsageError(`option ${token.rawName} does not accept a value`);
    }
    if (values.version) return "version";
    const [command, ...names] = positionals;
    if (values.help || command === undefined || command === "help") return "help";
    if (command === "plugin") {
        if (values.list === true) throw new UsageError("option --list is not supported with plugin install");
        return pluginCommand(names, values.json === true);
    }
    if (!builderCommands.includes(command as Invocation["command"]))
        throw new UsageError(`"${command}" is not a valid command: ${didYouMean(command, commands)}`);
    if (values.list === true) return listCommand(command, names, values.json === true);
    return {
        command: command as Invocation["command"],
        names: names.map((name) => name.toLowerCase()),
        json: values.json === true,
    };
}

function listCommand(command: string, [name]: readonly string[], isJson: boolean): "doctor list" {
    if (command !== "doctor") throw new UsageError(`option --list is not supported with ${command}`);
    if (name !== undefined) throw new UsageError(`doctor --list does not accept "${name}"`);
    if (isJson) throw new UsageError("option --json is not supported with doctor --list");
    return "doctor list";
}

function pluginCommand([action = "", ...others]: readonly string[], isJson: boolean): "plugin install" {
    if (action !== "install")
        throw new UsageError(`"${`plugin ${action}`.trim()}" is not a valid command: did you mean plugin install?`);
    if (others[0] !== undefined) throw new UsageError(`plugin install does not accept "${others[0]}"`);
    if (isJson) throw new UsageError("option --json is not supported with plugin install");
    return "plugin install";
}
