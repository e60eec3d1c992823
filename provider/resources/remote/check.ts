/** Checks a builder's arguments at preview. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { failuresOfMaterial } from "../../args/endpoint";
import { failuresOf } from "../../args/rules";
import { hasUnknown, unknown, withoutUnknown } from "../../args/unknown";
import { schemeOf } from "../../buildkit/address";
import { numbersOfNodes } from "../builder/nodeNumbers";
import type { RemoteInputs, RemoteNodeInputs, RemoteTlsArguments } from "./args";
import { schema } from "./schema";

/** Returns the errors in a builder's arguments, each at its property. */
export async function failuresOfRemote(news: RemoteInputs): Promise<CheckFailure[]> {
    const failures = failuresOf(schema, { ...withoutUnknown(news) });
    if (failures.length > 0) return failures;
    const { nodes } = news;
    if (nodes === undefined) return [...missingEndpoint("", news), ...(await failuresOfTls("", news, news.tls))];
    if (!Array.isArray(nodes)) return [];
    const known = nodes.map((node) => (typeof node === "object" ? node : {}));
    const ofNodes = known.map(async (node, index) => {
        const prefix = `nodes[${index}].`;
        const tls = node.tls ?? news.tls;
        return [
            ...(nodes[index] === node ? missingEndpoint(prefix, node) : []),
            ...repeated(known, index),
            ...(await failuresOfTls(node.tls === undefined ? "" : prefix, node, tls)),
        ];
    });
    return withoutRepeats([...sharedEndpoint(news), ...(await Promise.all(ofNodes)).flat()]);
}

function missingEndpoint(prefix: string, { endpoint }: RemoteNodeInputs): CheckFailure[] {
    if (endpoint !== undefined) return [];
    const reason = 'required: must be the address of a BuildKit daemon, for example "tcp://buildkitd.example:1234"';
    return [{ property: `${prefix}endpoint`, reason }];
}

const sharedEndpoint = ({ endpoint }: RemoteInputs): CheckFailure[] =>
    endpoint === undefined
        ? []
        : [{ property: "endpoint", reason: "not supported with nodes: set the endpoint of each node instead" }];

/** Reports a name or an endpoint that an earlier node has already. buildx refuses both. */
function repeated(nodes: readonly RemoteNodeInputs[], index: number): CheckFailure[] {
    return (["name", "endpoint"] as const).flatMap((key) => {
        const of = (node: RemoteNodeInputs | undefined) =>
            node?.[key] === unknown ? undefined : key === "name" ? node?.name?.toLowerCase() : node?.endpoint;
        const own = of(nodes[index]);
        const other = own === undefined ? -1 : nodes.slice(0, index).findIndex((each) => of(each) === own);
        if (other < 0) return [];
        const reason = `"${own}" is already the ${key} of nodes[${other}]: each node must have its own ${key}`;
        return [{ property: `nodes[${index}].${key}`, reason }];
    });
}

/** @param prefix the path of the arguments that have `tls`. */
async function failuresOfTls(
    prefix: string,
    { endpoint }: RemoteNodeInputs,
    tls: RemoteTlsArguments | undefined,
): Promise<CheckFailure[]> {
    if (tls === undefined || hasUnknown([tls, endpoint])) return [];
    if (endpoint !== undefined && schemeOf(endpoint) !== "tcp") {
        const reason = `not supported with endpoint "${endpoint}": tls is for tcp:// endpoints. Remove tls`;
        return [{ property: `${prefix}tls`, reason }];
    }
    const { ca, cert, key } = tls;
    const missing =
        ca === undefined
            ? [{ property: "tls.ca", reason: "required: buildx trusts only this authority, not those of the system" }]
            : [];
    const material = {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
    };
    const found = [...missing, ...(await failuresOfMaterial(material))];
    return found.map(({ property, reason }) => ({ property: `${prefix}${property}`, reason }));
}

/** Nodes share the builder's `tls`, so that each reports the same errors in it. */
const withoutRepeats = (failures: CheckFailure[]): CheckFailure[] => [
    ...new Map(failures.map((failure) => [`${failure.property}\n${failure.reason}`, failure])).values(),
];

/** Returns the number in the automatic name of each node. */
export function nodeIndexes(olds: Partial<RemoteInputs>, nodes: readonly RemoteNodeInputs[]): number[] {
    const named = ({ name, endpoint }: RemoteNodeInputs) => ({ name, endpoint });
    const before = Array.isArray(olds.nodes) ? olds.nodes : [{ endpoint: olds.endpoint } as RemoteNodeInputs];
    return numbersOfNodes(nodes.map(named), before.map(named), olds.__nodeIndexes);
}
