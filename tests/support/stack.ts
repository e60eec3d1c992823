/**
 * Runs programs through the plugin as Pulumi's engine does, but without the processes of Pulumi. The plugin, its protocol
 * and all that the plugin talks to are real. An operation takes a tenth of the time that Pulumi's CLI takes.
 */
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import type { YamlProgram } from "./program";
import { Operation, type Saved, type Step } from "./operation";
import { checkout, cleaning, type PlaceOptions, Project, type ResourceInState } from "./project";
import { Plugin } from "./pluginClient";
import type { Ended } from "./run";

/** A stack in memory. It has the methods and flags of a `Project`, and its programs are those of a `YamlProject`. */
export class Stack extends Plugin {
    /** What the last operation did to each resource that did not stay the same. */
    steps: Readonly<Record<string, Step>> = {};
    private current: YamlProgram = {};
    private saved: Saved[] = [];
    private stackOutputs: Record<string, unknown> = {};
    private readonly settings: Record<string, string> = {};
    private environment = "";

    static override async make(options: PlaceOptions = {}): Promise<Stack> {
        const stack = new Stack(...(await Project.places(options)));
        await symlink(join(checkout, "node_modules"), join(stack.folder, "node_modules")); // for programs in JavaScript
        return stack;
    }

    override async program(program: string | YamlProgram): Promise<void> {
        if (typeof program === "string") throw new Error("The program of a Stack is an object. Use YamlProject.");
        this.current = program;
    }

    override async config(key: string, value: string): Promise<void> {
        this.settings[key.replace(/^buildx:/, "")] = value;
    }

    override async state(): Promise<ResourceInState[]> {
        return this.saved.map(({ urn, type, id, inputs, outputs, initErrors }) => ({
            ...{ urn, type, id, inputs, outputs },
            ...(initErrors.length > 0 && { initErrors: [...initErrors] }),
        }));
    }

    override async outputs<T = Record<string, unknown>>(): Promise<T> {
        return this.stackOutputs as T;
    }

    /** Removes a resource from the state without deleting it, as `pulumi state delete` does. */
    forget(name: string): void {
        this.saved = this.saved.filter((each) => each.name !== name);
    }

    /** Flags: `--expect-no-changes`, `--refresh`, and `--diff`, since differences are always in the output. */
    override async try(command: string, ...flags: string[]): Promise<Ended> {
        const unknownFlag = flags.find((flag) => !["--expect-no-changes", "--refresh", "--diff"].includes(flag));
        if (unknownFlag !== undefined) throw new Error(`A Stack does not know ${unknownFlag}. Use YamlProject.`);
        await this.startAgainIfChanged();
        const isPreview = command === "preview";
        const before = this.log.length;
        const operation = new Operation(this, this.saved, { isPreview });
        if (command === "refresh" || flags.includes("--refresh")) await operation.refresh();
        if (command === "up" || isPreview) {
            const outputs = await operation.run(this.current);
            if (!isPreview) this.stackOutputs = outputs;
        }
        if (command === "destroy") await operation.destroy();
        if (!isPreview) this.saved = operation.saved;
        this.steps = operation.steps;
        if (flags.includes("--expect-no-changes")) operation.expectNoChanges();
        const messages = this.log.slice(before).filter(({ text }) => text !== ""); // an empty one removes a status
        const log = messages.map(({ severity, text }) => `${severity}: ${text}`);
        const output = [...operation.lines, ...log, ...operation.errors].join("\n");
        return { code: operation.errors.length > 0 ? 1 : 0, output, stdout: output };
    }

    /** The plugin gets the environment when it starts. Pulumi starts it for each command. */
    private async startAgainIfChanged(): Promise<void> {
        const environment = JSON.stringify([this.env, this.settings]);
        if (environment === this.environment) return;
        await this.stop();
        await this.start();
        await this.configure(this.settings);
        this.environment = environment;
    }

    /** Starts the plugin again, as between two commands of Pulumi. */
    async restart(): Promise<void> {
        this.environment = "";
        await this.startAgainIfChanged();
    }
}

/** Runs a test with its own stack and cleans up afterwards, even if the test fails. */
export const withStack = (test: (stack: Stack) => Promise<void>, options?: PlaceOptions) =>
    cleaning(() => Stack.make(options), test);
