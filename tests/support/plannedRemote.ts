/** Builders of the `remote` driver as plain objects, and what `plan` decides for them. */
import type { RemoteInputs } from "../../provider/resources/remote/args";
import { type DesiredRemote, desiredRemote } from "../../provider/resources/remote/desired";
import type { ObservedRemote } from "../../provider/resources/remote/observe";
import { plan } from "../../provider/resources/remote/plan";
import { load, type PreviousRemote } from "../../provider/resources/remote/previous";
import { describeNode } from "../../provider/resources/remote/readOutputs";
import { recordOf } from "../../provider/resources/remote/record";
import { toSaved } from "../../provider/resources/remote/saved";
import type { Step } from "../../provider/resources/remote/steps";

const owner = { urn: "urn:pulumi:dev::p::t::b", store: "0123456789abcdef" };

const endpoint = "tcp://buildkitd.example:1234";

/** What every daemon here reports. */
const workers = { platforms: [{ os: "linux", architecture: "amd64" }], version: "v0.34.2", isUnbounded: false };

/** Arguments with a name and, without `nodes`, an endpoint. */
export const argsOf = (args: Partial<RemoteInputs>): RemoteInputs => ({
    name: "far",
    ...(args.nodes === undefined && { endpoint }),
    ...args,
});

export const desired = (args: Partial<RemoteInputs> = {}): DesiredRemote => desiredRemote(argsOf(args));

/** What Pulumi's state has of a builder that was created by `args`. */
export function previousOf(args: Partial<RemoteInputs> = {}): PreviousRemote {
    const { name, nodes } = desired(args);
    const outputs = nodes.map((node) => describeNode(node, workers, undefined));
    return load(toSaved(argsOf(args), owner, name, outputs));
}

/** What exists of a builder that is just as `args` ask for it. */
export function asAsked(args: Partial<RemoteInputs> = {}): ObservedRemote {
    const wanted = desired(args);
    const files = wanted.nodes.flatMap(({ files: ofNode }) => Object.entries(ofNode));
    return {
        record: { is: "present", nodeGroup: recordOf(wanted), isOwn: true },
        isBegun: false,
        isContext: false,
        choice: args.use ? "current" : "no",
        files: new Map(files.map(([path, content]) => [path, { content, isPrivate: true }])),
    };
}

export const nothing: ObservedRemote = {
    record: { is: "absent" },
    isBegun: false,
    isContext: false,
    choice: "no",
    files: new Map(),
};

/** Returns the steps of a plan, or why there are none. */
export function stepsOf(
    wanted: DesiredRemote,
    observed: ObservedRemote,
    previous: PreviousRemote | undefined,
): readonly Step[] {
    const { steps, refusal, replaces } = plan(wanted, observed, previous);
    if (refusal !== undefined) throw new Error(refusal);
    if (replaces !== undefined) throw new Error(`replace: ${replaces.join()}`);
    return steps;
}

/** Returns the steps of a change of arguments. */
export const change = (from: Partial<RemoteInputs>, to: Partial<RemoteInputs>): readonly Step[] =>
    stepsOf(desired(to), asAsked(from), previousOf(from));
