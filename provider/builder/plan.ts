/**
 * The one place that decides what happens to a builder. Pure: what is wanted and what is there go in, steps
 * come out. `diff` shows them at preview, `create`, `update` and `delete` run them.
 */
import type { ContainerCreateOptions } from "dockerode";
import { type NodeGroup, sameRecord } from "../buildx/store";
import { ownerLabels } from "../docker/ownership";
import { containerOptions } from "./containerOptions";
import type { Desired, DesiredNode, Identity, Later } from "./desired";
import type { Observed, ObservedContainer, ObservedNode, ObservedRemains } from "./observe";
import { changedFixed, changedLimits, type EngineTraits, type Limits } from "./settings";

export type Step =
    | { readonly do: "pullImage"; readonly image: string; readonly mayFail: boolean; readonly why: string }
    | {
          readonly do: "createVolume";
          readonly volume: string;
          readonly labels: Record<string, string>;
          readonly why: string;
      }
    | { readonly do: "drain"; readonly container: string; readonly seconds: number; readonly why: string }
    | { readonly do: "removeContainer"; readonly container: string; readonly why: string }
    | {
          readonly do: "createContainer";
          readonly container: string;
          readonly options: ContainerCreateOptions;
          /** BuildKit is to be told of the GitHub Actions run that boots it. */
          readonly tellsProvenance: boolean;
          readonly why: string;
      }
    | { readonly do: "updateLimits"; readonly container: string; readonly limits: Limits; readonly why: string }
    | { readonly do: "boot"; readonly container: string; readonly seconds: number; readonly why: string }
    | { readonly do: "writeRecord"; readonly record: NodeGroup; readonly isNew: boolean; readonly why: string }
    | { readonly do: "use"; readonly name: string; readonly why: string }
    | { readonly do: "stopUsing"; readonly name: string; readonly why: string }
    | { readonly do: "removeVolume"; readonly volume: string; readonly why: string }
    | { readonly do: "removeRecord"; readonly name: string; readonly why: string }
    /** Nothing on the engine or in the store: the state remembers what a later step is to go by. */
    | { readonly do: "remember"; readonly why: string };

export interface Plan {
    /** Why nothing may be done; then there are no steps. */
    readonly refusal?: string;
    /** Arguments that make it another builder; then the steps are those of `delete` and `create`. */
    readonly replaces?: readonly string[];
    /** Steps in order for each node; nodes do not wait for each other. */
    readonly nodes: readonly (readonly Step[])[];
    /** Steps once all nodes are done. */
    readonly after: readonly Step[];
}

/**
 * @param record what buildx is to know of the builder.
 */
export function plan(desired: Desired, record: NodeGroup, observed: Observed): Plan {
    const replaces = changedIdentity(desired, observed);
    if (replaces.length > 0) return { replaces, nodes: [], after: [] };
    const refusal = whyRefused(desired, observed);
    if (refusal !== undefined) return { refusal, nodes: [], after: [] };
    return {
        nodes: desired.nodes.map((node, index) =>
            planNode(desired, node, observed, observed.nodes[index] as ObservedNode),
        ),
        after: planRecord(desired, record, observed),
    };
}

/** The argument that each part of an identity comes from. */
const argumentOf: Record<keyof Identity, string> = { name: "name", endpoint: "endpoint", node: "state" };

function changedIdentity({ identity: wanted }: Desired, { known }: Observed): string[] {
    if (known === undefined) return [];
    const changed = (Object.keys(argumentOf) as (keyof Identity)[]).filter(
        (key) => known.identity[key] !== wanted[key],
    );
    // Without a state the node is named after the builder, so that both change at once.
    return (changed.includes("name") ? changed.filter((key) => key !== "node") : changed).map((key) => argumentOf[key]);
}

function whyRefused({ identity: { name }, nodes, adopt }: Desired, observed: Observed): string | undefined {
    if (observed.isContext && !observed.known) {
        return `builder "${name}" would hide the docker context of that name: choose another name`;
    }
    const foreign = nodes.find((_, index) => observed.nodes[index]?.container?.isOurs === false);
    if (foreign !== undefined && !adopt) {
        const owner = observed.nodes[nodes.indexOf(foreign)]?.container?.owner;
        return (
            `builder "${name}" exists already on ${observed.host}: container ${foreign.container} was made ` +
            `${owner === undefined ? "by buildx or by hand" : `by ${owner.urn}`}. ` +
            `Set adopt: true to take it over with its cache, choose another name, or remove it with: docker buildx rm ${name}`
        );
    }
    const isOurs = observed.known !== undefined || observed.nodes.some((node) => node.container?.isOurs);
    if (observed.record.is !== "absent" && !isOurs && !adopt) {
        return (
            `builder "${name}" exists already in buildx's store. ` +
            `Set adopt: true to take it over, choose another name, or remove it with: docker buildx rm ${name}`
        );
    }
    for (const [index, node] of nodes.entries()) {
        const { container, volume, hasNetwork } = observed.nodes[index] as ObservedNode;
        const { network } = node.settings.fixed;
        if (!hasNetwork && (container === undefined || container.settings.fixed.network !== network)) {
            return (
                `network "${network}" of builder "${name}" does not exist on ${observed.host}: ` +
                `make it first, with docker network create ${network}, or as a resource that the builder depends on`
            );
        }
        if (volume === undefined && node.volumeIsStates) {
            return (
                `state volume ${node.volume} of builder "${name}" is not on ${observed.host}: ` +
                "pulumi refresh sees that, and the next pulumi up makes it anew"
            );
        }
    }
    return undefined;
}

function planNode(desired: Desired, node: DesiredNode, { known, engine }: Observed, observed: ObservedNode): Step[] {
    const { container } = observed;
    if (container === undefined) return makeNode(desired, node, observed, engine, "there is no container");
    const why = whyMadeAnew(node, container, known?.imageMoved === true);
    if (why !== undefined) {
        const make = makeNode(desired, node, observed, engine, why);
        const isPull = (step: Step) => step.do === "pullImage";
        return [
            ...make.filter(isPull), // what cannot be had is found out while the old container still builds
            { do: "drain", container: node.container, seconds: desired.later.drainTimeout, why },
            { do: "removeContainer", container: node.container, why },
            ...make.filter((step) => !isPull(step)),
        ];
    }
    const steps: Step[] = [];
    const limits = changedLimits(container.settings, node.settings);
    if (limits.length > 0) {
        const why = `${limits.join(", ")} changed`;
        steps.push({ do: "updateLimits", container: node.container, limits: node.settings.limits as Limits, why });
    }
    if (!container.isRunning) steps.push(boot(desired, node, "the container is not running"));
    return steps;
}

/**
 * Why a container cannot go on as it is, or `undefined` where it can.
 *
 * @param sawMove a refresh told the user that the image's name means another image by now. Until then a change of
 *   something else does not roll that image out.
 */
function whyMadeAnew(node: DesiredNode, container: ObservedContainer, sawMove: boolean): string | undefined {
    const { settings: found, imageMoved, wasStarted } = container;
    if (!wasStarted) return "the container was never started";
    if (imageMoved && sawMove) return `${node.settings.fixed.image} is a newer image`;
    const fixed = changedFixed(found, node.settings);
    if (fixed.length > 0) return `${fixed.join(", ")} changed`;
    // The engine takes 0 for "leave as it is", so that it cannot take a limit away from a running container.
    const removed = changedLimits(found, node.settings).filter((limit) => !node.settings.limits[limit]);
    return removed.length > 0 ? `${removed.join(", ")} removed` : undefined;
}

/** The steps to a new container on the node's volume; what the volume holds stays. */
function makeNode(
    desired: Desired,
    node: DesiredNode,
    observed: ObservedNode,
    engine: EngineTraits,
    why: string,
): Step[] {
    const { container, volume } = node;
    const { image } = node.settings.fixed;
    const steps: Step[] = [];
    if (!observed.hasImage) steps.push({ do: "pullImage", image, mayFail: false, why: "the engine does not have it" });
    else if (desired.later.pull === "always")
        steps.push({ do: "pullImage", image, mayFail: true, why: 'pull is "always"' });
    if (observed.volume === undefined) {
        steps.push({ do: "createVolume", volume, labels: ownerLabels(desired.owner), why: "there is none" });
    }
    const options = containerOptions(node, desired.owner, engine);
    const tellsProvenance = node.options.provenanceAddGha !== false;
    steps.push({ do: "createContainer", container, options, tellsProvenance, why });
    steps.push(boot(desired, node, why));
    return steps;
}

const boot = ({ later }: Desired, { container }: DesiredNode, why: string): Step => ({
    do: "boot",
    container,
    seconds: later.bootTimeout,
    why,
});

function planRecord({ identity: { name }, later }: Desired, record: NodeGroup, observed: Observed): Step[] {
    const steps: Step[] = [];
    const why = whyWritten(record, observed);
    if (why) steps.push({ do: "writeRecord", record, isNew: observed.record.is === "absent", why });
    const before = observed.known?.later;
    if (later.use && !before?.use) steps.push({ do: "use", name, why: "use is true" });
    if (!later.use && before?.use) steps.push({ do: "stopUsing", name, why: "use is no longer true" });
    const changed = before && (Object.keys(later) as (keyof Later)[]).filter((key) => later[key] !== before[key]);
    if (changed && changed.length > 0) steps.push({ do: "remember", why: `${changed.join(", ")} changed` });
    return steps;
}

function whyWritten(record: NodeGroup, { record: found }: Observed): string | undefined {
    if (found.is === "absent") return "buildx has no record of the builder here";
    if (found.is === "unreadable") return "buildx's record cannot be read";
    return sameRecord(found.nodeGroup, record) ? undefined : "buildx's record differs";
}

/** What is to be removed, as the state knows it. */
export interface Removal {
    readonly name: string;
    /** The volume stays, because it was asked to or because it is a `BuildKitState`'s. */
    readonly keepVolume: boolean;
    readonly drainTimeout: number;
}

/** The steps that remove a builder, of whatever is left of it. What is not ours stays where it is. */
export function planRemoval(removal: Removal, nodes: readonly ObservedRemains[]): Plan {
    const { name, keepVolume, drainTimeout: seconds } = removal;
    const why = "the builder is removed";
    const replaced = nodes.some((node) => node.hasContainer && !node.containerIsOurs);
    return {
        nodes: nodes.map((node): Step[] => {
            const { container, volume } = node;
            const steps: Step[] = [];
            if (node.containerIsOurs && node.isRunning) steps.push({ do: "drain", container, seconds, why });
            if (node.containerIsOurs) steps.push({ do: "removeContainer", container, why });
            const isFree = !node.hasContainer || node.containerIsOurs;
            if (node.volumeIsOurs && !keepVolume && isFree) steps.push({ do: "removeVolume", volume, why });
            return steps;
        }),
        // A container that someone else put in the place of ours belongs to a builder that is theirs.
        after: replaced ? [] : [{ do: "removeRecord", name, why }],
    };
}
