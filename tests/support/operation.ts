/** One operation of a stack: a preview, an update, a refresh, or a removal. Decides as Pulumi's engine does. */
import { isDeepStrictEqual } from "node:util";
import { referencesIn, withValues, type YamlOptions, type YamlProgram, type YamlResource } from "./program";
import { type Plugin, PluginError, reference, unknown } from "./pluginClient";

type Properties = Record<string, unknown>;

export type Step = "create" | "update" | "replace" | "delete";

/** A resource in the state of a stack. */
export interface Saved {
    readonly name: string;
    readonly urn: string;
    readonly type: string;
    readonly id: string;
    readonly inputs: Properties;
    readonly outputs: Properties;
    readonly initErrors: readonly string[];
    readonly options: YamlOptions;
    /** The names of the resources that the resource depends on. */
    readonly dependencies: readonly string[];
    /** The names of the resources that each property depends on. */
    readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
    /** Whether another resource has replaced it. */
    readonly isReplaced?: boolean;
}

/** What a resource has for those that refer to it. `undefined` is the result of a resource that failed. */
type Result = Pick<Saved, "urn" | "id" | "outputs"> | undefined;

/** A resource of the program with its values. */
interface Wanted extends Pick<Saved, "name" | "urn" | "type" | "options" | "dependencies" | "propertyDependencies"> {
    readonly news: Properties;
}

export class Operation {
    readonly steps: Record<string, Step> = {};
    readonly lines: string[] = [];
    readonly errors: string[] = [];
    saved: Saved[];
    private readonly isPreview: boolean;

    constructor(
        private readonly plugin: Plugin,
        saved: readonly Saved[],
        { isPreview }: { isPreview: boolean },
    ) {
        this.saved = [...saved];
        this.isPreview = isPreview;
    }

    /** Creates, updates and replaces what the program has, and deletes what it no longer has. Returns its outputs. */
    async run({ resources = {}, outputs = {} }: YamlProgram): Promise<Properties> {
        const results = new Map<string, Promise<Result>>();
        const resultOf = (name: string): Promise<Result> => {
            const resource = resources[name];
            if (resource === undefined) throw new Error(`The program has no resource "${name}".`);
            const result = results.get(name) ?? this.register(name, resource, resultOf);
            results.set(name, result);
            return result;
        };
        const all = await Promise.all(Object.keys(resources).map(resultOf));
        const isGone = ({ name, isReplaced }: Saved) => isReplaced === true || !(name in resources);
        if (this.errors.length === 0) await this.deleteAll(this.saved.filter(isGone));
        if (all.includes(undefined)) return {};
        return (await this.resolve(outputs, resultOf)) as Properties;
    }

    async destroy(): Promise<void> {
        await this.deleteAll(this.saved);
    }

    /** Reads all resources at once. */
    async refresh(): Promise<void> {
        await Promise.all(
            this.saved.map(async (old) => {
                const { urn, id, outputs: properties, inputs } = old;
                const found = await this.orError(() => this.plugin.read(urn, id, { properties, inputs }));
                if (found === undefined) return;
                if (found.id === "") {
                    this.report("delete", old);
                    this.forget(old);
                    return;
                }
                if (!isDeepStrictEqual(found.properties, old.outputs)) {
                    this.report("update", old, differences(old.outputs, found.properties));
                }
                this.keep(
                    { ...old, id: found.id, inputs: found.inputs, outputs: found.properties, initErrors: [] },
                    old,
                );
            }),
        );
    }

    /** Makes the operation fail if it changed anything. */
    expectNoChanges(): void {
        if (Object.keys(this.steps).length > 0)
            this.errors.push("error: no changes were expected but changes occurred");
    }

    private async register(
        name: string,
        { type: short, properties = {}, options = {} }: YamlResource,
        resultOf: (name: string) => Promise<Result>,
    ): Promise<Result> {
        const dependsOn = referencesIn(options.dependsOn);
        const references = referencesIn(properties);
        const needed = await Promise.all([...references, ...dependsOn].map(resultOf));
        if (needed.includes(undefined)) return undefined;
        const type = short.replace(/^buildx:/, "");
        const wanted: Wanted = {
            name,
            urn: this.plugin.urn(type, name),
            type: `buildx:index:${type}`,
            options,
            news: (await this.resolve(properties, resultOf)) as Properties,
            dependencies: [...new Set([...references, ...dependsOn])],
            propertyDependencies: Object.fromEntries(
                Object.entries(properties).map(([key, value]) => [key, referencesIn(value)]),
            ),
        };
        return this.orError(() => this.apply(wanted));
    }

    private async apply(wanted: Wanted): Promise<Result> {
        const old = this.oldOf(wanted);
        const inputs = await this.check(wanted, old?.inputs);
        if (inputs === undefined) return undefined;
        if (old === undefined) return this.create(wanted, inputs, this.steps[wanted.name] ?? "create");
        const { urn, name, options } = wanted;
        const diff = await this.plugin.diff(urn, old.id, { olds: old.outputs, oldInputs: old.inputs, news: inputs });
        const paths = Object.entries(diff.detailed).map(([path, { kind }]) => `    ${kind} ${path}`);
        if (diff.replaces.length > 0) {
            const isDeletedFirst = options.deleteBeforeReplace ?? diff.deleteBeforeReplace;
            this.report("replace", old, paths);
            if (isDeletedFirst) await this.deleteAll([...(await this.replacedWith(old)), old]);
            else this.keep({ ...old, isReplaced: true }, old);
            this.steps[name] = "replace";
            const fresh = await this.check(wanted, undefined); // as the engine does, for a new automatic name
            return fresh && this.create(wanted, fresh, "replace");
        }
        if (diff.changes !== "some" && old.initErrors.length === 0) {
            this.keep({ ...old, ...rest(wanted), inputs }, old);
            return old;
        }
        this.report("update", old, [...paths, ...differences(old.inputs, inputs)]);
        return this.update(wanted, old, inputs);
    }

    /** Returns the saved resource with the URN of a resource, or else with the URN of one of its aliases. */
    private oldOf({ urn, type, options: { aliases = [] } }: Wanted): Saved | undefined {
        const former = aliases.map((name) => this.plugin.urn(type.replace("buildx:index:", ""), name));
        const current = this.saved.filter(({ isReplaced }) => !isReplaced);
        return [urn, ...former].flatMap((each) => current.filter((saved) => saved.urn === each))[0];
    }

    private async check({ urn, news }: Wanted, olds: Properties | undefined): Promise<Properties | undefined> {
        const { inputs, failures } = await this.plugin.check(urn, news, olds);
        for (const { property, reason } of failures) this.errors.push(`error: ${property}: ${reason}`);
        return failures.length > 0 ? undefined : inputs;
    }

    private async create(wanted: Wanted, inputs: Properties, step: Step): Promise<Result> {
        if (step === "create") this.report("create", wanted);
        const { isPreview } = this;
        const save = (id: string, outputs: Properties, initErrors: readonly string[]) =>
            this.keep({ ...rest(wanted), id, inputs, outputs, initErrors });
        try {
            const { id, properties } = await this.plugin.create(wanted.urn, inputs, { isPreview });
            if (isPreview) return { urn: wanted.urn, id: unknown, outputs: properties };
            return save(id, properties, []);
        } catch (error) {
            if (error instanceof PluginError && error.resource !== undefined) {
                const { id, properties, reasons } = error.resource;
                save(id, properties, reasons);
                this.errors.push(...reasons.map((reason) => `error: ${reason}`));
            }
            throw error;
        }
    }

    private async update(wanted: Wanted, old: Saved, inputs: Properties): Promise<Result> {
        const { isPreview } = this;
        const save = (outputs: Properties, initErrors: readonly string[]) =>
            this.keep({ ...rest(wanted), id: old.id, inputs, outputs, initErrors }, old);
        const values = { olds: old.outputs, oldInputs: old.inputs, news: inputs };
        try {
            return save(await this.plugin.update(wanted.urn, old.id, values, { isPreview }), []);
        } catch (error) {
            if (error instanceof PluginError && error.resource !== undefined) {
                const { properties, reasons } = error.resource;
                save(properties, reasons);
                this.errors.push(...reasons.map((reason) => `error: ${reason}`));
            }
            throw error;
        }
    }

    /** Returns the resources that have to be replaced with one, because they depend on it. They come before it. */
    private async replacedWith(old: Saved): Promise<Saved[]> {
        const found: Saved[] = [];
        for (const each of this.saved) {
            const depending = Object.entries(each.propertyDependencies).filter(([, names]) => names.includes(old.name));
            if (depending.length === 0) continue;
            const news = { ...each.inputs, ...Object.fromEntries(depending.map(([key]) => [key, unknown])) };
            const values = { olds: each.outputs, oldInputs: each.inputs, news };
            const { replaces } = await this.plugin.diff(each.urn, each.id, values);
            if (replaces.length === 0) continue;
            this.report("replace", each);
            found.push(...(await this.replacedWith(each)), each);
        }
        return found;
    }

    /** Deletes resources, each after those that depend on it. */
    private async deleteAll(all: readonly Saved[]): Promise<void> {
        const deleted = new Map<Saved, Promise<boolean>>();
        const once = (each: Saved): Promise<boolean> => {
            const result = deleted.get(each) ?? this.delete(each, all, once);
            deleted.set(each, result);
            return result;
        };
        await Promise.all(all.map(once));
    }

    private async delete(
        old: Saved,
        all: readonly Saved[],
        resultOf: (each: Saved) => Promise<boolean>,
    ): Promise<boolean> {
        const dependents = all.filter((each) => each !== old && each.dependencies.includes(old.name));
        if ((await Promise.all(dependents.map(resultOf))).includes(false)) return false;
        this.steps[old.name] ??= "delete";
        if (this.steps[old.name] === "delete") this.report("delete", old);
        if (!this.isPreview && old.options.retainOnDelete !== true) {
            const done = await this.orError(async () => {
                await this.plugin.delete(old.urn, old.id, old.outputs);
                return true;
            });
            if (done === undefined) return false;
        }
        this.forget(old);
        return true;
    }

    /** Replaces the references in a value. */
    private async resolve(value: unknown, resultOf: (name: string) => Promise<Result>): Promise<unknown> {
        const results = new Map<string, Result>();
        for (const name of referencesIn(value)) results.set(name, await resultOf(name));
        const resolved = withValues(value, (name, property) => {
            const result = results.get(name);
            if (property === undefined) return result && reference(result);
            return result?.outputs[property] ?? (this.isPreview ? unknown : undefined);
        });
        return withoutMarks(resolved);
    }

    private report(step: Step, { name, type }: Pick<Saved, "name" | "type">, details: readonly string[] = []): void {
        this.steps[name] = step;
        this.lines.push(`${type} ${name} ${step}`, ...details);
    }

    private keep(saved: Saved, instead?: Saved): Saved {
        const index = instead === undefined ? -1 : this.saved.indexOf(instead);
        if (index < 0) this.saved.push(saved);
        else this.saved[index] = saved;
        return saved;
    }

    private forget(old: Saved): void {
        this.saved = this.saved.filter((each) => each !== old);
    }

    /** Returns `undefined` and keeps the error if the call fails. */
    private async orError<Value>(call: () => Promise<Value>): Promise<Value | undefined> {
        try {
            return await call();
        } catch (error) {
            if (!(error instanceof PluginError)) throw error;
            this.errors.push(`error: ${error.message}`);
            return undefined;
        }
    }
}

const rest = ({ news: _, ...others }: Wanted) => others;

/** Returns a value without the marks of secrets, which the engine removes, because the plugin does not ask for them. */
function withoutMarks(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutMarks);
    if (typeof value !== "object" || value === null) return value;
    if ("fn::secret" in value) return withoutMarks(value["fn::secret"]);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutMarks(each)]));
}

/** Returns a line for each property that differs. */
function differences(olds: Properties, news: Properties): string[] {
    const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])];
    const changed = keys.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
    return changed.map((key) => `    ~ ${key}: ${JSON.stringify(olds[key])} => ${JSON.stringify(news[key])}`);
}
