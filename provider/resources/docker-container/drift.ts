/** Changes that a refresh finds: what a user or another process changed on a builder's engines. */
import type { BuilderInputs, NodeInputs } from "./args";
import { changedSettings, optionsOfSettings, type Setting } from "./node/settings";
import type { ObservedNode } from "./node/observeNode";
import type { Observed } from "./observe";
import { digestsInState, type SavedBuilder } from "./saved";

/** Returns the saved builder with the arguments as the engines show them, so that manual changes become visible. */
export function withFound(saved: SavedBuilder, { nodes }: Observed): SavedBuilder {
    const { __imageMoved: _, __files: __, __deviations: ___, __drifted: ____, ...rest } = saved;
    const moved = nodes.filter(({ container }) => container?.imageMoved).map(({ desired }) => desired.name);
    const digests = nodes.map(({ desired, container }) => {
        return [desired.name, container?.settings.fixed.files ?? desired.files.digest] as const;
    });
    const deviating = nodes.flatMap(({ desired, container }) =>
        container?.settings.fixed.deviations ? [[desired.name, container.settings.fixed.deviations] as const] : [],
    );
    const compared = nodes.map(compare);
    const drifted = compared.map((each) => [each.node.desired.name, driftedSettings(each)] as const);
    const shared = compared.reduce((all, each) => ({ ...all, ...sharedArguments(each) }), {});
    return {
        ...rest,
        ...digestsInState(digests),
        ...(moved.length > 0 && { __imageMoved: moved }),
        ...(deviating.length > 0 && { __deviations: Object.fromEntries(deviating) }),
        ...(drifted.some(([, settings]) => settings.length > 0) && {
            __drifted: Object.fromEntries(drifted.filter(([, settings]) => settings.length > 0)),
        }),
        ...shared,
        ...foundArguments(saved, compared),
    };
}

/** A node, and the settings in which its container differs from the arguments. */
interface ComparedNode {
    readonly node: ObservedNode;
    readonly changed: readonly Setting[];
}

const compare = (node: ObservedNode): ComparedNode => ({
    node,
    changed: node.container === undefined ? [] : changedSettings(node.container.settings, node.desired.settings),
});

/** Returns the settings in which a container differs from the arguments, now or at a refresh since the last update. */
const driftedSettings = ({ node: { previous }, changed }: ComparedNode): string[] => [
    ...new Set([...(previous?.drifted ?? []), ...changed]),
];

/** Returns the arguments of the nodes as their containers show them. */
function foundArguments({ __nodes: asked }: SavedBuilder, nodes: readonly ComparedNode[]): Partial<SavedBuilder> {
    if (asked !== undefined) {
        return { __nodes: nodes.map((each) => ({ ...each.node.desired.written.own, ...nodeArguments(each) })) };
    }
    const [single] = nodes;
    return single === undefined ? {} : nodeArguments(single);
}

/** Returns the driver options of a node as its container shows them, and buildkitd's flags if they differ. */
function nodeArguments({
    node: { desired, container },
    changed,
}: ComparedNode): Pick<NodeInputs, "driverOpts" | "buildkitdFlags"> {
    if (container === undefined) return {};
    const { settings } = container;
    const driverOpts = optionsOfSettings(settings, desired.options);
    return {
        ...((Object.keys(desired.options).length > 0 || Object.keys(driverOpts).length > 0) && { driverOpts }),
        ...(changed.includes("flags") && { buildkitdFlags: settings.fixed.flags }),
    };
}

/** Returns the arguments shared by all nodes that differ from a node's container, with the container's values. */
function sharedArguments({ node: { container }, changed }: ComparedNode): Partial<BuilderInputs> {
    if (container === undefined) return {};
    const { fixed } = container.settings;
    return {
        ...(changed.includes("labels") && { labels: fixed.labels }),
        ...(changed.includes("extraHosts") && { extraHosts: fixed.extraHosts }),
        ...(changed.includes("dns") && { dns: fixed.dns }),
    };
}
