/** Implements Pulumi's `ResourceProvider` service with the lifecycles of the resources. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { untilAborted } from "../../waiting";
import type { Call, Lifecycle } from "../lifecycle";
import { lifecycles } from "../lifecycles";
import { withLocks } from "../locks";
import { connectLog } from "./engineLog";
import { diffResponse } from "./difference";
import { toServiceError, UsageError } from "./errors";
import { forms } from "./forms";
import { knownStates } from "./knownStates";
import { empty, type grpc, plugin, provider } from "./protocol";
import { toProperties, toStruct } from "./values";

type Properties = Record<string, unknown>;
type AnyLifecycle = Lifecycle<Properties, Properties>;
type ClassName = keyof typeof lifecycles;

/**
 * Milliseconds that a call may take to end after Pulumi is cancelled. Each call ends sooner and saves the actual state,
 * unless an engine or a registry does not respond.
 */
const grace = 3_500;

const prefix = "buildx:index:";

/** The line that the dynamic bridge needs to find its implementation, so that a stack can move back to it. */
const providerText = (name: ClassName) => `exports.handler = () => require("pulumi-buildx/dynamic").${name};`;

/** One request, with what all verbs need of it. */
interface Verb {
    readonly name: ClassName;
    readonly lifecycle: AnyLifecycle;
    readonly call: Call;
}

/** @param address the address of the Pulumi engine, if the engine started the process. */
export function serviceOf(address: string | undefined): grpc.UntypedServiceImplementation {
    let log = connectLog(address);
    let config: Properties = {};
    let isClosing = false;
    const cancelling = new AbortController();
    const states = knownStates();

    /** Runs the work of a request that concerns a resource. */
    async function run<Result>(
        urn: string,
        work: (verb: Verb) => Promise<Result>,
        { isPreview, mayBeStarting = false, keepsStatus = false }: CallOptions = {},
    ): Promise<Result> {
        const name = classOf(urn);
        let isShown = false;
        const report = (text: string) => {
            isShown = text !== "";
            log.status(urn, text);
        };
        const call: Call = {
            urn,
            isPreview,
            mayBeStarting,
            signal: cancelling.signal,
            report,
            warn: (text) => log.warn(urn, text),
            deletesUnreachable: () => Promise.resolve(isTrue(config.deleteUnreachable)),
        };
        try {
            call.signal.throwIfAborted();
            const lifecycle = (await lifecycles[name]()) as unknown as AnyLifecycle;
            return await untilAborted(work({ name, lifecycle, call }), call.signal, grace);
        } finally {
            if (isShown && !keepsStatus) report("");
        }
    }

    /** Runs work when no other call works on the same volumes. */
    async function alone<Result>(
        { lifecycle, call }: Verb,
        of: readonly Properties[],
        work: () => Promise<Result>,
    ): Promise<Result> {
        const volumes = (await Promise.all(of.map(async (each) => (await lifecycle.volumesOf?.(each)) ?? []))).flat();
        const all = [...new Set(volumes)];
        const onWait = () => call.report(`waiting for another resource that works on ${all.join(", ")}`);
        return withLocks(all, onWait, work, call.signal);
    }

    const verbs = {
        async handshake(request: InstanceType<typeof provider.ProviderHandshakeRequest>) {
            log = connectLog(request.getEngineAddress() || address);
            return new provider.ProviderHandshakeResponse();
        },

        async getPluginInfo() {
            const info = new plugin.PluginInfo();
            info.setVersion(await ownVersion());
            return info;
        },

        async getSchema() {
            const response = new provider.GetSchemaResponse();
            const schema = JSON.parse(await readFile(join(__dirname, "../../../../schema.json"), "utf8")) as object;
            response.setSchema(JSON.stringify({ ...schema, version: await ownVersion() }));
            return response;
        },

        async checkConfig(request: InstanceType<typeof provider.CheckRequest>) {
            const news = toProperties(request.getNews());
            const failures = Object.keys(news)
                .filter((key) => !["deleteUnreachable", "version", "pluginDownloadURL", "plugin"].includes(key))
                .map((property) => ({
                    property,
                    reason: "the provider has no such setting: it has deleteUnreachable",
                }));
            return checkResponse(news, failures);
        },

        async diffConfig() {
            const response = new provider.DiffResponse();
            response.setChanges(provider.DiffResponse.DiffChanges.DIFF_NONE);
            return response;
        },

        async configure(request: InstanceType<typeof provider.ConfigureRequest>) {
            config = toProperties(request.getArgs());
            const response = new provider.ConfigureResponse();
            response.setSupportspreview(true);
            return response;
        },

        async check(request: InstanceType<typeof provider.CheckRequest>) {
            const [olds, news] = [toProperties(request.getOlds()), toProperties(request.getNews())];
            return run(request.getUrn(), async ({ name, lifecycle, call }) => {
                const { toArgs } = forms[name];
                const given = name === "BuildKitState" ? { builderName: logicalName(call.urn), ...news } : news;
                const args = toArgs(given, states);
                const before = Object.keys(olds).length === 0 ? undefined : toArgs(olds, states);
                const checked = await lifecycle.check(call, before, args);
                if (name === "BuildKitState") states.add(checked.args);
                // What the lifecycle added, such as an automatic name, is added in the same form.
                const added = Object.entries(checked.args).filter(([key, value]) => args[key] !== value);
                return checkResponse({ ...given, ...Object.fromEntries(added) }, checked.failures);
            });
        },

        async diff(request: InstanceType<typeof provider.DiffRequest>) {
            const [olds, news] = [toProperties(request.getOlds()), toProperties(request.getNews())];
            const oldInputs = toProperties(request.getOldInputs());
            return run(
                request.getUrn(),
                async ({ name, lifecycle, call }) => {
                    const { toArgs, toPath } = forms[name];
                    const found = await lifecycle.diff(call, request.getId(), olds, toArgs(news, states));
                    const whys = [...new Set(found.changes.map(({ why }) => why))];
                    if (whys.length > 0) call.report(whys.join("; "));
                    return diffResponse(found, { olds, oldInputs, news, toPath: (path) => toPath(path, news) });
                },
                { keepsStatus: true },
            );
        },

        async create(request: InstanceType<typeof provider.CreateRequest>) {
            const inputs = toProperties(request.getProperties());
            const response = new provider.CreateResponse();
            if (request.getPreview()) return response; // every output is unknown
            return run(
                request.getUrn(),
                async (verb) => {
                    const { name, lifecycle, call } = verb;
                    const args = forms[name].toArgs(inputs, states);
                    const { id, saved } = await alone(verb, [args], () => lifecycle.create(call, args));
                    response.setId(id);
                    response.setProperties(toStruct({ ...saved, __provider: providerText(name) }));
                    return response;
                },
                { mayBeStarting: isRemote(inputs) },
            );
        },

        async read(request: InstanceType<typeof provider.ReadRequest>) {
            const saved = toProperties(request.getProperties());
            const inputs = toProperties(request.getInputs());
            return run(request.getUrn(), async ({ name, lifecycle, call }) => {
                const response = new provider.ReadResponse();
                const found = await lifecycle.read(call, request.getId(), saved);
                if (found === undefined) return response;
                response.setId(found.id);
                response.setProperties(toStruct({ ...found.saved, __provider: providerText(name) }));
                response.setInputs(toStruct(inputs));
                return response;
            });
        },

        async update(request: InstanceType<typeof provider.UpdateRequest>) {
            const [olds, inputs] = [toProperties(request.getOlds()), toProperties(request.getNews())];
            const response = new provider.UpdateResponse();
            return run(
                request.getUrn(),
                async (verb) => {
                    const { name, lifecycle, call } = verb;
                    if (request.getPreview()) {
                        response.setProperties(toStruct(olds));
                        return response;
                    }
                    const args = forms[name].toArgs(inputs, states);
                    const work = () => lifecycle.update(call, request.getId(), olds, args);
                    const saved = await alone(verb, [olds, args], work);
                    response.setProperties(toStruct({ ...saved, __provider: providerText(name) }));
                    return response;
                },
                { isPreview: request.getPreview() },
            );
        },

        async delete(request: InstanceType<typeof provider.DeleteRequest>) {
            const saved = toProperties(request.getProperties());
            return run(request.getUrn(), async (verb) => {
                await alone(verb, [saved], () => verb.lifecycle.delete(verb.call, request.getId(), saved));
                return new empty.Empty();
            });
        },

        async cancel() {
            if (!isClosing)
                cancelling.abort(
                    new Error("stopped because Pulumi was cancelled. Run the same command again to complete it"),
                );
            isClosing = true;
            return new empty.Empty();
        },

        async attach(request: InstanceType<typeof plugin.PluginAttach>) {
            log = connectLog(request.getAddress());
            return new empty.Empty();
        },
    };

    return Object.fromEntries(Object.entries(verbs).map(([name, verb]) => [name, answering(verb as AnyVerb)]));
}

type AnyVerb = (request: unknown) => Promise<unknown>;

/** Returns a handler for gRPC that answers with the result of a verb, or with its error. */
const answering =
    (verb: AnyVerb): grpc.handleUnaryCall<unknown, unknown> =>
    ({ request }, done) => {
        verb(request).then(
            (response) => done(null, response),
            (error: unknown) => done(toServiceError(error, inputsOf(request))),
        );
    };

/** The inputs in a request of `Create` or `Update`, which Pulumi saves with a partial failure. */
function inputsOf(request: unknown): Properties {
    if (request instanceof provider.CreateRequest) return toProperties(request.getProperties());
    if (request instanceof provider.UpdateRequest) return toProperties(request.getNews());
    return {};
}

interface CallOptions {
    readonly isPreview?: boolean;
    readonly mayBeStarting?: boolean;
    readonly keepsStatus?: boolean;
}

function classOf(urn: string): ClassName {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const name = type.replace(prefix, "");
    if (!type.startsWith(prefix) || !Object.hasOwn(lifecycles, name))
        throw new UsageError(
            `the package buildx has no resource ${type}: it has ${Object.keys(lifecycles).join(", ")}`,
        );
    return name as ClassName;
}

const logicalName = (urn: string): string => urn.split("::").slice(3).join("::");

const isTrue = (value: unknown): boolean =>
    value === true || (typeof value === "string" && ["1", "t", "true"].includes(value.toLowerCase()));

/**
 * Whether a resource names an engine on another machine. The same program may have created that machine, so that its
 * engine may still be starting. A plugin is not told on which resources an argument depends.
 */
const isRemote = ({ endpoint, nodes }: Properties): boolean =>
    [endpoint, ...(Array.isArray(nodes) ? nodes.map((node: Properties) => node.endpoint) : [])].some(
        (each) => typeof each === "string" && /^(tcp|ssh):\/\//.test(each),
    );

function checkResponse(inputs: Properties, failures: readonly { property: string; reason: string }[]) {
    const response = new provider.CheckResponse();
    response.setInputs(toStruct(inputs));
    response.setFailuresList(
        failures.map(({ property, reason }) => {
            const failure = new provider.CheckFailure();
            failure.setProperty(property);
            failure.setReason(reason);
            return failure;
        }),
    );
    return response;
}

let version: Promise<string> | undefined;

/** Returns the version of this package. */
const ownVersion = (): Promise<string> =>
    (version ??= readFile(join(__dirname, "../../../../package.json"), "utf8").then(
        (text) => (JSON.parse(text) as { version: string }).version,
    ));
