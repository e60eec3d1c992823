/**
 * The one place that decides what happens to a builder. Pure: what is wanted and what is there go in, steps
 * come out. `diff` shows them at preview, `create`, `update` and `delete` run them.
 */
import type { ContainerCreateOptions } from "dockerode";
import { nextContainerName } from "../buildx/names";
import { type BuilderRecord, driver, type NodeGroup, sameRecord } from "../buildx/store";
import type { DockerContext } from "../docker/context";
import { whyLeftBehind } from "../docker/leftBehind";
import { ownerLabels } from "../docker/ownership";
import { containerOptions } from "./containerOptions";
import type { Desired, DesiredNode, Later } from "./desired";
import type { KnownNode, Observed, ObservedContainer, ObservedNode, ObservedRemains } from "./observe";
import { recordOf } from "./record";
import type { Limits } from "./options/groups";
import { changedFixed, changedLimits, type Fixed } from "./settings";

export type Step =
    | {
          readonly do: "pullImage";
          readonly image: string;
          readonly inMirrors: readonly string[];
          readonly mayFail: boolean;
          /** For how long it is tried again. */
          readonly seconds: number;
          readonly why: string;
      }
    | {
          readonly do: "createVolume";
          readonly volume: string;
          readonly labels: Record<string, string>;
          /** The builder had one: its cache is lost. */
          readonly isLost: boolean;
          readonly why: string;
      }
    | { readonly do: "drain"; readonly container: string; readonly seconds: number; readonly why: string }
    | { readonly do: "removeContainer"; readonly container: string; readonly why: string }
    | {
          readonly do: "createContainer";
          /** The node's container, for messages; the new one is named as `options` say. */
          readonly container: string;
          /** What there is goes on if the new one does not boot. */
          readonly replaces: { readonly container: string; readonly isRunning: boolean } | undefined;
          readonly options: ContainerCreateOptions;
          readonly imageInMirrors: readonly string[];
          /** What lies in buildkitd's configuration folder before it starts, by path. */
          readonly files: Readonly<Record<string, Buffer>>;
          /** BuildKit is to be told of the GitHub Actions run that boots it. */
          readonly tellsProvenance: boolean;
          readonly why: string;
      }
    /** Removes a container, and gives its name to the one that was booted to take its place. */
    | { readonly do: "replaceContainer"; readonly container: string; readonly by: string; readonly why: string }
    | { readonly do: "updateLimits"; readonly container: string; readonly limits: Limits; readonly why: string }
    | {
          readonly do: "boot";
          readonly container: string;
          /** The node's container, whose place that one is to take; for messages. */
          readonly replaces?: string;
          readonly seconds: number;
          /** No BuildKit has worked on the state yet. */
          readonly isStateNew: boolean;
          readonly why: string;
      }
    | { readonly do: "writeContext"; readonly name: string; readonly content: DockerContext; readonly why: string }
    | { readonly do: "removeContext"; readonly name: string; readonly why: string }
    | { readonly do: "writeRecord"; readonly record: NodeGroup; readonly isNew: boolean; readonly why: string }
    | { readonly do: "use"; readonly name: string; readonly why: string }
    | { readonly do: "stopUsing"; readonly name: string; readonly why: string }
    | { readonly do: "removeVolume"; readonly volume: string; readonly why: string }
    /** Nothing: what is there belongs to someone else, which the user is told. */
    | { readonly do: "leave"; readonly what: string; readonly why: string }
    | { readonly do: "removeRecord"; readonly name: string; readonly why: string }
    | {
          readonly do: "requirePlatforms";
          readonly builder: string;
          /** Of its nodes, in their order. */
          readonly containers: readonly string[];
          readonly platforms: readonly string[];
          readonly why: string;
      }
    /** Nothing on the engine or in the store: the state remembers what a later step is to go by. */
    | { readonly do: "remember"; readonly why: string };

export interface Plan {
    /** Why nothing may be done; then there are no steps. */
    readonly refusal?: string;
    /** Arguments that make it another builder; then the steps are those of `delete` and `create`. */
    readonly replaces?: readonly string[];
    /**
     * Steps in order for each node that is asked for, and after them for each that was dropped; nodes do not wait for
     * each other.
     */
    readonly nodes: readonly (readonly Step[])[];
    /** Steps once all nodes are done. */
    readonly after: readonly Step[];
}

export function plan(desired: Desired, observed: Observed): Plan {
    const replaces = changedIdentity(desired, observed);
    if (replaces.length > 0) return { replaces, nodes: [], after: [] };
    const refusal = whyRefused(desired, observed);
    if (refusal !== undefined) return { refusal, nodes: [], after: [] };
    const keepsVolumes = observed.known?.later.keepState === true;
    const nodes = [
        ...desired.nodes.map((node, index) => planNode(desired, node, observed.nodes[index] as ObservedNode, observed)),
        ...observed.dropped.map((node) =>
            node.stays
                ? []
                : removeNode(
                      node,
                      keepsVolumes || node.volumeIsStates,
                      desired.later.drainTimeout,
                      "the node is dropped",
                  ),
        ),
    ];
    return { nodes, after: planAfter(desired, observed, nodes.flat()) };
}

/**
 * The arguments that make it another builder: its name, or those by which no node of it stays where it is. A node that
 * goes elsewhere beside one that stays is dropped and made anew.
 */
function changedIdentity({ name, nodes }: Desired, { known, nodes: observed }: Observed): string[] {
    if (known === undefined) return [];
    if (known.name !== name) return ["name"];
    const isThere = (node: DesiredNode, index: number) =>
        known.nodes.some((each) => each.name === node.name && isAtSamePlace(each, node, observed[index]));
    if (known.nodes.length === 0 || nodes.some(isThere)) return [];
    if (nodes.length > 1 || known.nodes.length > 1) return ["nodes"];
    return nodes[0]?.name === known.nodes[0]?.name ? ["endpoint"] : ["state"];
}

const isAtSamePlace = (known: KnownNode, node: DesiredNode, observed: ObservedNode | undefined) =>
    known.endpoint === node.endpoint || known.stored === observed?.stored;

function whyRefused(desired: Desired, observed: Observed): string | undefined {
    const { name, nodes, adopt } = desired;
    if (observed.isContext && !observed.known) {
        return `builder "${name}" would hide the docker context of that name: choose another name`;
    }
    const left = observed.nodes.find(({ leftAt }) => leftAt !== undefined);
    if (left?.leftAt !== undefined) return whyLeftBehind(`builder "${name}"`, left.leftAt, left.stored);
    const ofDriver = whyOtherDriver(name, observed.record);
    if (ofDriver !== undefined) return ofDriver;
    const foreign = nodes.findIndex((_, index) => observed.nodes[index]?.container?.isOurs === false);
    if (foreign >= 0 && !adopt) {
        const { host, container } = observed.nodes[foreign] as ObservedNode;
        const owner = container?.owner;
        return (
            `builder "${name}" exists already on ${host}: container ${nodes[foreign]?.container} was made ` +
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
    const lost = whyNodesLost(desired, observed);
    if (lost !== undefined) return lost;
    const twice = observed.nodes.findIndex(({ stored }, index) =>
        observed.nodes.slice(0, index).some((each) => stored !== "" && each.stored === stored),
    );
    if (twice >= 0) {
        const other = observed.nodes.findIndex(({ stored }) => stored === observed.nodes[twice]?.stored);
        return (
            `nodes ${nodes[other]?.name} and ${nodes[twice]?.name} of builder "${name}" are both on ` +
            `${observed.nodes[twice]?.stored}, which buildx does not allow: give each an engine of its own`
        );
    }
    for (const [index, node] of nodes.entries()) {
        const { host, trouble, container, volume, hasNetwork, context } = observed.nodes[index] as ObservedNode;
        if (trouble !== undefined) continue;
        const { network } = node.settings.fixed;
        if (!hasNetwork && (container === undefined || container.settings.fixed.network !== network)) {
            const other = /^container:(.*)/.exec(network)?.[1];
            if (other !== undefined) {
                return (
                    `container "${other}", whose network builder "${name}" is to share, does not exist on ${host}: ` +
                    "start it first, or choose another network"
                );
            }
            return (
                `network "${network}" of builder "${name}" does not exist on ${host}: ` +
                `make it first, with docker network create ${network}, or as a resource that the builder depends on`
            );
        }
        if (volume === undefined && node.volumeIsStates) {
            return (
                `state volume ${node.volume} of builder "${name}" is not on ${host}: ` +
                "its BuildKitState creates it again with the next pulumi up that is not limited to other resources"
            );
        }
        if (context?.status === "foreign") {
            return (
                `builder "${name}" needs a docker context ${context.name}, and there is one that someone else made: ` +
                `remove it with docker context rm ${context.name}, or give the context as endpoint instead of tls`
            );
        }
    }
    return undefined;
}

/** Why a record is none that this package may write: buildx itself refuses to change a builder's driver. */
function whyOtherDriver(name: string, record: BuilderRecord): string | undefined {
    if (record.is !== "present" || record.nodeGroup.Driver === driver) return undefined;
    return (
        `builder "${name}" exists already in buildx's store, with the driver ${record.nodeGroup.Driver} instead of ${driver}: ` +
        `choose another name, or remove it with: docker buildx rm ${name}`
    );
}

/**
 * Why a record cannot be written without losing a node: one that is neither asked for nor known. In a record of our own
 * that the state goes with, it is a node that was dropped on another machine.
 */
function whyNodesLost({ name, nodes }: Desired, { record, known }: Observed): string | undefined {
    if (record.is !== "present" || (known !== undefined && record.isOwn)) return undefined;
    const isNamed = (node: string) => [...nodes, ...(known?.nodes ?? [])].some((each) => each.name === node);
    const lost = record.nodeGroup.Nodes.find(({ Name: node }) => !isNamed(node));
    if (lost === undefined) return undefined;
    return (
        `builder "${name}" has a node ${lost.Name} on ${lost.Endpoint} that the program does not name, and that would be left ` +
        `behind there: add it to nodes, as { name: "${lost.Name}", endpoint: "${lost.Endpoint}" }, or take it out of the builder with: ` +
        `docker buildx create --name ${name} --node ${lost.Name} --leave`
    );
}

function planNode(desired: Desired, node: DesiredNode, observed: ObservedNode, all: Observed): Step[] {
    const { container } = observed;
    if (observed.trouble !== undefined) return [];
    const isKnown = all.known?.nodes.some(({ name, stored }) => name === node.name && stored !== "") === true;
    const leftovers: Step[] = observed.hasNext
        ? [{ do: "removeContainer", container: nextContainerName(node.name), why: "an update was cut off" }]
        : [];
    if (container === undefined) {
        return [...leftovers, ...makeNode(desired, node, observed, "there is no container", isKnown)];
    }
    const sawMove = all.known?.nodes.some((each) => each.name === node.name && each.imageMoved) === true;
    const why = observed.volume === undefined ? "its state volume is gone" : whyMadeAnew(node, container, sawMove);
    if (why !== undefined) return [...leftovers, ...replaceNode(desired, node, observed, why, isKnown)];
    const steps: Step[] = [...leftovers];
    const limits = changedLimits(container.settings, node.settings);
    if (limits.length > 0) {
        const why = `${limits.join(", ")} changed`;
        steps.push({ do: "updateLimits", container: node.container, limits: node.settings.limits as Limits, why });
    }
    const missing = missingPlatforms(desired, all);
    if (!container.isRunning) steps.push(boot(desired, node, "the container is not running"));
    else if (missing.length > 0) {
        // BuildKit looks for emulators when it starts, and later only once in 20 seconds (buildkit: `util/archutil`).
        const why = `it did not offer ${missing.join(", ")}`;
        const { drainTimeout: seconds } = desired.later;
        steps.push({ do: "drain", container: node.container, seconds, why }, boot(desired, node, why));
    } else if (!container.hasAnswered) {
        steps.push(boot(desired, node, "BuildKit is not known to have answered since it was started"));
    }
    return steps;
}

/** Where a user would look for a setting, if it is not by its own name. */
const argumentOf: Partial<Record<keyof Fixed, string>> = {
    files: "buildkitdConfig or a file that it names",
    deviations: "what buildx gives every builder (the host's GPUs, WSL's libraries, no --cpus)",
};

/**
 * Why a container cannot go on as it is, or `undefined` where it can.
 *
 * @param sawMove a refresh told the user that the image's name means another image by now. Until then a change of
 *   something else does not roll that image out.
 */
function whyMadeAnew(node: DesiredNode, container: ObservedContainer, sawMove: boolean): string | undefined {
    const { settings: found, imageMoved, startedAt, cannotStart } = container;
    if (startedAt === undefined) return "the container was never started";
    if (cannotStart !== undefined) return `the container cannot be started any more (${cannotStart})`;
    if (imageMoved && sawMove) return `${node.settings.fixed.image} is a newer image`;
    const fixed = changedFixed(found, node.settings);
    if (fixed.length > 0) return `${fixed.map((key) => argumentOf[key] ?? key).join(", ")} changed`;
    // The engine takes 0 for "leave as it is", so that it cannot take a limit away from a running container.
    const removed = changedLimits(found, node.settings).filter((limit) => !node.settings.limits[limit]);
    return removed.length > 0 ? `${removed.join(", ")} removed` : undefined;
}

/** Which of the platforms that the builder has to offer none of its running nodes offers. */
function missingPlatforms({ later }: Desired, { nodes }: Observed): string[] {
    const offered = nodes.flatMap(({ container }) => container?.platforms ?? []);
    return later.requirePlatforms.filter((platform) => !offered.includes(platform));
}

/**
 * The steps to a new container in the place of one that is there. The engine takes the new one, and its buildkitd boots on
 * the node's volume, before the old one is removed: until then it can go on.
 */
function replaceNode(
    desired: Desired,
    node: DesiredNode,
    observed: ObservedNode,
    why: string,
    isKnown: boolean,
): Step[] {
    const { container } = node;
    const next = nextContainerName(node.name);
    const isBoot = (step: Step) => step.do === "boot";
    const make = makeNode(desired, node, observed, why, isKnown).map((step): Step => {
        if (step.do === "boot") return { ...step, container: next, replaces: container };
        if (step.do !== "createContainer") return step;
        const isRunning = observed.container?.isRunning === true;
        return { ...step, replaces: { container, isRunning }, options: { ...step.options, name: next } };
    });
    return [
        ...make.filter((step) => !isBoot(step)),
        { do: "drain", container, seconds: desired.later.drainTimeout, why },
        ...make.filter(isBoot),
        { do: "replaceContainer", container, by: next, why },
    ];
}

/** The steps to a new container on the node's volume; what the volume holds stays. */
function makeNode(desired: Desired, node: DesiredNode, observed: ObservedNode, why: string, isKnown: boolean): Step[] {
    const { container, volume, imageInMirrors } = node;
    const steps: Step[] = [];
    const pull = (mayFail: boolean, why: string) => {
        const { image } = node.settings.fixed;
        const { bootTimeout: seconds } = desired.later;
        steps.push({ do: "pullImage", image, inMirrors: imageInMirrors, mayFail, seconds, why });
    };
    if (!observed.hasImage) pull(false, "the engine does not have it");
    else if (desired.later.pull === "always") pull(true, 'pull is "always"');
    if (observed.volume === undefined) {
        const labels = ownerLabels(desired.owner);
        steps.push({ do: "createVolume", volume, labels, isLost: isKnown, why: "there is none" });
    }
    const options = containerOptions(node, desired.owner, observed.engine, observed.container?.settings.hasGpus);
    const { contents: files } = node.files;
    const tellsProvenance = node.options.provenanceAddGha !== false;
    const replaces = undefined;
    steps.push({ do: "createContainer", container, replaces, options, imageInMirrors, files, tellsProvenance, why });
    steps.push(boot(desired, node, why, observed.volume === undefined));
    return steps;
}

const boot = ({ later }: Desired, { container }: DesiredNode, why: string, isStateNew = false): Step => ({
    do: "boot",
    container,
    seconds: later.bootTimeout,
    isStateNew,
    why,
});

/**
 * Steps once the nodes are done: docker's contexts, buildx's record, and what the builder has to offer.
 *
 * @param observed with what befell the nodes: one that is in trouble is not in a new record.
 * @param done the steps of the nodes.
 */
export function planAfter(desired: Desired, observed: Observed, done: readonly Step[]): Step[] {
    const { later } = desired;
    const before = observed.known?.later;
    return [
        ...planContexts(observed),
        ...planRecord(desired, observed),
        ...planChoice(desired, observed),
        ...planMemory(later, before),
        ...planRequirement(desired, done),
    ];
}

/** The choice of the current builder. Without `use` it is the user's: it is taken back only where it was made here. */
function planChoice({ name, later }: Desired, { choice, known }: Observed): Step[] {
    const before = known?.later.use === true;
    if (later.use && choice !== "current")
        return [{ do: "use", name, why: before ? "it is not the current builder any more" : "use is true" }];
    if (!later.use && before && choice !== "no") return [{ do: "stopUsing", name, why: "use is no longer true" }];
    return [];
}

function planContexts({ nodes, dropped }: Observed): Step[] {
    const unwanted = dropped.filter((node) => node.trouble === undefined && !node.stays && node.context !== undefined);
    return [
        ...nodes.flatMap(({ context }): Step[] => {
            if (context === undefined || context.status === "same") return [];
            const { name, content, status } = context;
            const why = status === "absent" ? "docker has no such context here" : "docker's context differs";
            return [{ do: "writeContext", name, content, why }];
        }),
        ...unwanted
            .filter(({ context: name }) => !nodes.some(({ context }) => context?.name === name))
            .map(({ context }): Step => ({ do: "removeContext", name: context as string, why: "the node is dropped" })),
    ];
}

function planRecord(desired: Desired, observed: Observed): Step[] {
    const { record: found } = observed;
    const record = recordOf(desired, observed.nodes, found.is === "present" ? found.nodeGroup : undefined);
    const why = whyWritten(record, observed);
    return why ? [{ do: "writeRecord", record, isNew: found.is === "absent", why }] : [];
}

function whyWritten(record: NodeGroup, { record: found }: Observed): string | undefined {
    if (found.is === "absent") return "buildx has no record of the builder here";
    if (found.is === "unreadable") return "buildx's record cannot be read";
    return sameRecord(found.nodeGroup, record) ? undefined : "buildx's record differs";
}

function planMemory(later: Later, before: Later | undefined): Step[] {
    const differs = (key: keyof Later) => JSON.stringify(later[key]) !== JSON.stringify(before?.[key]);
    const changed = before === undefined ? [] : (Object.keys(later) as (keyof Later)[]).filter(differs);
    return changed.length === 0 ? [] : [{ do: "remember", why: `${changed.join(", ")} changed` }];
}

function planRequirement({ name, nodes, later }: Desired, done: readonly Step[]): Step[] {
    const { requirePlatforms: platforms } = later;
    if (platforms.length === 0 || !done.some((step) => step.do === "boot")) return [];
    const containers = nodes.map((node) => node.container);
    return [{ do: "requirePlatforms", builder: name, containers, platforms, why: "requirePlatforms names them" }];
}

/** What is to be removed, as the state knows it. */
export interface Removal {
    readonly name: string;
    /** Volumes stay, because they were asked to; those of a `BuildKitState` do anyway. */
    readonly keepVolume: boolean;
    readonly drainTimeout: number;
}

/** The steps that remove a builder, of whatever is left of it. What is not ours stays where it is. */
export function planRemoval(
    { name, keepVolume, drainTimeout }: Removal,
    nodes: readonly ObservedRemains[],
    record: BuilderRecord,
): Plan {
    const why = "the builder is removed";
    const contexts = nodes.flatMap(({ context }) => context ?? []);
    const foreign = whyForeign(name, nodes, record);
    return {
        nodes: nodes.map((node) => removeNode(node, keepVolume || node.volumeIsStates, drainTimeout, why)),
        after: [
            foreign === undefined
                ? { do: "removeRecord", name, why }
                : { do: "leave", what: `buildx's record of builder "${name}"`, why: foreign },
            ...(foreign === undefined
                ? contexts.map((context): Step => ({ do: "removeContext", name: context, why }))
                : []),
        ],
    };
}

/** Why the record that is there belongs to a builder that someone else created under the name of ours. */
function whyForeign(name: string, nodes: readonly ObservedRemains[], record: BuilderRecord): string | undefined {
    const taken = nodes.find((node) => node.hasContainer && !node.containerIsOurs);
    if (taken !== undefined) {
        return (
            `container ${taken.container} was created by someone else, and stays with its volume. ` +
            `If it is not needed, remove it with: docker buildx rm ${name}`
        );
    }
    if (record.is !== "present" || record.nodeGroup.Driver === driver) return undefined;
    return `it is a builder of the driver ${record.nodeGroup.Driver} by now, which someone else created`;
}

function removeNode(node: ObservedRemains, keepVolume: boolean, seconds: number, why: string): Step[] {
    const { container, volume } = node;
    const steps: Step[] = [];
    if (node.containerIsOurs && node.isRunning) steps.push({ do: "drain", container, seconds, why });
    if (node.containerIsOurs) steps.push({ do: "removeContainer", container, why });
    if (node.hasNext) steps.push({ do: "removeContainer", container: nextContainerName(node.node), why });
    const isFree = !node.hasContainer || node.containerIsOurs;
    if (node.volumeIsOurs && !keepVolume && isFree) steps.push({ do: "removeVolume", volume, why });
    return steps;
}
