/** The calls of Pulumi that concern a resource. */
import { hasUnknown, unknown } from "../../args/unknown";
import type { Path } from "../../args/secrets";
import { checkAlone, reportChanges, runAlone } from "../calls";
import { type Difference, PartialFailureError } from "../lifecycle";
import { diffResponse } from "./difference";
import { FailedResource, UsageError } from "./errors";
import { failuresOfStates, forms, secretForms } from "./forms";
import { empty, provider } from "./protocol";
import type { Properties, ResourceCall, ResourceName, Session } from "./session";
import { toProperties, toStruct } from "./values";

/**
 * The line that the dynamic bridge needs to find its implementation. Pulumi saves it, so that a stack can move back to
 * the dynamic provider.
 */
const providerText = (name: ResourceName) => `exports.handler = () => require("pulumi-buildx/dynamic").${name};`;

/** Returns a saved resource as Pulumi saves it. */
const savedStruct = ({ name, lifecycle }: ResourceCall, saved: object) =>
    toStruct({ ...saved, __provider: providerText(name) }, [
        ...secretForms({ ...saved }),
        ...(lifecycle.secretPaths?.(saved) ?? []),
    ]);

/** Returns the result of a creation or an update. A partial failure gets the resource as Pulumi saves it. */
const orFailure = <Result>(resource: ResourceCall, result: Promise<Result>): Promise<Result> =>
    result.catch((error: unknown) => {
        if (error instanceof PartialFailureError) throw new FailedResource(error, savedStruct(resource, error.saved));
        throw error;
    });

export const resourceVerbs = (session: Session) => ({
    check(request: InstanceType<typeof provider.CheckRequest>) {
        const [olds, news] = [toProperties(request.getOlds()), toProperties(request.getNews())];
        return session.run(request.getUrn(), async ({ name, lifecycle, call }) => {
            const { toArgs, toPath } = forms[name];
            const wrongStates = failuresOfStates(news);
            if (wrongStates.length > 0) return checkResponse(news, wrongStates);
            // At preview, a new state has no id yet, but its arguments tell which volume it will be.
            const planned = toProperties(request.getNews(), session.states.idOf);
            const args = toArgs(planned, session.states);
            const previous = Object.keys(olds).length === 0 ? undefined : toArgs(olds, session.states);
            const checked = await checkAlone(lifecycle, call, previous, args, session.registerUses);
            if (name === "BuildKitState") session.states.add(call.urn, checked.args);
            const failures = checked.failures.map((each) => ({ ...each, property: toPath(each.property, news, {}) }));
            // The lifecycle may have added arguments, such as an automatic name.
            const added = Object.entries(checked.args).filter(([key, value]) => args[key] !== value);
            const inputs = { ...news, ...Object.fromEntries(added) };
            return checkResponse(inputs, failures, lifecycle.secretPaths?.(inputs));
        });
    },

    diff(request: InstanceType<typeof provider.DiffRequest>) {
        const [olds, news] = [toProperties(request.getOlds()), toProperties(request.getNews())];
        const oldInputs = toProperties(request.getOldInputs());
        session.states.addFrom(olds);
        return session.run(
            request.getUrn(),
            async ({ name, lifecycle, call }) => {
                const { toArgs, toPath } = forms[name];
                const found = await lifecycle.diff(call, request.getId(), olds, toArgs(news, session.states));
                reportChanges(call, found.changes);
                return diffResponse(found, { olds, oldInputs, news, toPath: (path) => toPath(path, news, oldInputs) });
            },
            { keepsStatus: true }, // a preview still shows the reasons when it has ended
        );
    },

    async create(request: InstanceType<typeof provider.CreateRequest>) {
        const inputs = toProperties(request.getProperties());
        const response = new provider.CreateResponse();
        if (request.getPreview()) return response; // every output is unknown
        return session.run(
            request.getUrn(),
            async (resource) => {
                const { name, lifecycle, call } = resource;
                const args = forms[name].toArgs(inputs, session.states);
                const work = () => lifecycle.create(call, args);
                const { id, saved } = await orFailure(resource, runAlone(lifecycle, call, [args], work));
                response.setId(id);
                response.setProperties(savedStruct(resource, saved));
                return response;
            },
            { mayBeStarting: isRemote(inputs) },
        );
    },

    read(request: InstanceType<typeof provider.ReadRequest>) {
        const [saved, inputs] = [toProperties(request.getProperties()), toProperties(request.getInputs())];
        session.states.addFrom(saved);
        return session.run(request.getUrn(), async (resource) => {
            if (!isSaved(saved)) return importResource(resource, request.getId(), saved);
            const response = new provider.ReadResponse();
            const found = await resource.lifecycle.read(resource.call, request.getId(), saved);
            if (found === undefined) return response;
            response.setId(found.id);
            response.setProperties(savedStruct(resource, found.saved));
            response.setInputs(toStruct(inputs));
            return response;
        });
    },

    update(request: InstanceType<typeof provider.UpdateRequest>) {
        const [olds, news] = [toProperties(request.getOlds()), toProperties(request.getNews())];
        const isPreview = request.getPreview();
        session.states.addFrom(olds);
        return session.run(
            request.getUrn(),
            async (resource) => {
                const { name, lifecycle, call } = resource;
                const args = forms[name].toArgs(news, session.states);
                const response = new provider.UpdateResponse();
                if (isPreview) {
                    const found = await lifecycle.diff(call, request.getId(), olds, args);
                    const expected = { ...olds, ...changingOutputs(resource, found, args) };
                    response.setProperties(savedStruct(resource, expected));
                    return response;
                }
                const work = () => lifecycle.update(call, request.getId(), olds, args);
                const saved = await orFailure(resource, runAlone(lifecycle, call, [olds, args], work));
                response.setProperties(savedStruct(resource, saved));
                return response;
            },
            { isPreview },
        );
    },

    delete(request: InstanceType<typeof provider.DeleteRequest>) {
        const saved = toProperties(request.getProperties());
        return session.run(request.getUrn(), async (resource) => {
            const { lifecycle, call } = resource;
            await runAlone(lifecycle, call, [saved], () => lifecycle.delete(call, request.getId(), saved));
            return new empty.Empty();
        });
    },
});

const isInternal = (key: string) => key.startsWith("__");

/** Whether Pulumi sent a saved resource. For an import and for `.get`, it sends at most some properties of a program. */
const isSaved = (properties: Properties): boolean => Object.keys(properties).some(isInternal);

/** Returns the answer to the read of an import: the resource, and the inputs from which a program is generated. */
async function importResource(resource: ResourceCall, id: string, given: Properties) {
    const { name, lifecycle, call } = resource;
    if (lifecycle.import === undefined) {
        const reason = "nothing exists from which it could be read. Create a new resource instead";
        throw new UsageError(`${name} "${id}" cannot be imported: ${reason}`);
    }
    const found = await lifecycle.import(call, id, given);
    const args = Object.entries(found.args).filter(([key, value]) => !isInternal(key) && value !== undefined);
    const inputs = forms[name].toProperties(Object.fromEntries(args));
    const response = new provider.ReadResponse();
    response.setId(found.id);
    response.setProperties(savedStruct(resource, found.saved));
    response.setInputs(toStruct(inputs, lifecycle.secretPaths?.(inputs)));
    return response;
}

/**
 * Returns the outputs that an update may change, as unknown values. The others keep their values in a preview, so that
 * what depends on them is not shown as changed.
 */
function changingOutputs({ lifecycle }: ResourceCall, { changes }: Difference, args: Properties): Properties {
    if (changes.length === 0 && !hasUnknown(args)) return {};
    const { outputs, argumentOutputs = [], stableOutputs = [] } = lifecycle;
    const changing = outputs.filter((name) => ![...argumentOutputs, ...stableOutputs].includes(name));
    return Object.fromEntries(changing.map((name) => [name, unknown]));
}

/**
 * Whether a resource names an engine on another machine. The same program may have created that machine, so that its
 * engine may still be starting. Pulumi does not send the dependencies of an argument to a plugin.
 */
const isRemote = ({ endpoint, nodes }: Properties): boolean =>
    [endpoint, ...(Array.isArray(nodes) ? nodes.map((node: Properties) => node.endpoint) : [])].some(
        (each) => typeof each === "string" && /^(tcp|ssh):\/\//.test(each),
    );

/** @param secrets the paths of inputs that are secrets. */
export function checkResponse(
    inputs: Properties,
    failures: readonly { property: string; reason: string }[],
    secrets: readonly Path[] = [],
): InstanceType<typeof provider.CheckResponse> {
    const response = new provider.CheckResponse();
    response.setInputs(toStruct(inputs, secrets));
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
