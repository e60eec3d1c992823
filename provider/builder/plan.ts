/**
 * Decides what happens to a builder. `plan` is pure: it compares the desired builder with the observed builder and
 * returns steps. `diff` shows the steps at preview. `create`, `update` and `delete` run them.
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
          /** Time limit for retries, in seconds. */
          readonly seconds: number;
          readonly why: string;
      }
    | {
          readonly do: "createVolume";
          readonly volume: string;
          readonly labels: Record<string, string>;
          /** Whether the builder had a volume, so that its cache is lost. */
          readonly isLost: boolean;
          readonly why: string;
      }
    | { readonly do: "drain"; readonly container: string; readonly seconds: number; readonly why: string }
    | { readonly do: "removeContainer"; readonly container: string; readonly why: string }
    | {
          readonly do: "createContainer";
          /** The node's container, for messages. `options` has the name of the new container. */
          readonly container: string;
          /**
           * The container to replace. If the new container does not boot, the old container is kept, and started again
           * if `isRunning` is true.
           */
          readonly replaces: { readonly container: string; readonly isRunning: boolean } | undefined;
          readonly options: ContainerCreateOptions;
          readonly imageInMirrors: readonly string[];
          /** Files in buildkitd's configuration folder, by path. They are copied before buildkitd starts. */
          readonly files: Readonly<Record<string, Buffer>>;
          /** Whether to give BuildKit the context of the GitHub Actions run that boots it. */
          readonly tellsProvenance: boolean;
          readonly why: string;
      }
    /** Removes a container and renames the booted container `by` to its name. */
    | { readonly do: "replaceContainer"; readonly container: string; readonly by: string; readonly why: string }
    | { readonly do: "updateLimits"; readonly container: string; readonly limits: Limits; readonly why: string }
    | {
          readonly do: "boot";
          readonly container: string;
          /** The node's container that `container` replaces, for messages. */
          readonly replaces?: string;
          readonly seconds: number;
          /** Whether the state is new: no BuildKit has used it yet. */
          readonly isStateNew: boolean;
          readonly why: string;
      }
    | { readonly do: "writeContext"; readonly name: string; readonly content: DockerContext; readonly why: string }
    | { readonly do: "removeContext"; readonly name: string; readonly why: string }
    | { readonly do: "writeRecord"; readonly record: NodeGroup; readonly isNew: boolean; readonly why: string }
    | { readonly do: "use"; readonly name: string; readonly why: string }
    | { readonly do: "stopUsing"; readonly name: string; readonly why: string }
    | { readonly do: "removeVolume"; readonly volume: string; readonly why: string }
    /** Changes nothing and warns the user: what exists is not managed by this resource. */
    | { readonly do: "leave"; readonly what: string; readonly why: string }
    | { readonly do: "removeRecord"; readonly name: string; readonly why: string }
    | {
          readonly do: "requirePlatforms";
          readonly builder: string;
          /** The containers of the builder's nodes, in the order of the nodes. */
          readonly containers: readonly string[];
          readonly platforms: readonly string[];
          readonly why: string;
      }
    /** Changes nothing on the engine or in the store. Pulumi's state stores settings for later steps. */
    | { readonly do: "remember"; readonly why: string };

export interface Plan {
    /** Why the builder must not be changed. If set, there are no steps. */
    readonly refusal?: string;
    /**
     * The arguments whose change replaces the builder. If set, there are no steps here: `delete` and `create` plan
     * their own.
     */
    readonly replaces?: readonly string[];
    /**
     * The steps of each desired node in order, followed by the steps of each dropped node. Nodes do not wait for each
     * other.
     */
    readonly nodes: readonly (readonly Step[])[];
    /** The steps that run when all nodes are done. */
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
 * Returns the arguments whose change replaces the builder: its name, or the arguments that leave no node at its place.
 * If at least one node stays at its place, a node that moves is removed and recreated instead.
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

/**
 * Returns why this package must not write a record: the record has another driver. buildx itself refuses to change the
 * driver of a builder.
 */
function whyOtherDriver(name: string, record: BuilderRecord): string | undefined {
    if (record.is !== "present" || record.nodeGroup.Driver === driver) return undefined;
    return (
        `builder "${name}" exists already in buildx's store, with the driver ${record.nodeGroup.Driver} instead of ${driver}: ` +
        `choose another name, or remove it with: docker buildx rm ${name}`
    );
}

/**
 * Returns why writing a record would lose a node that is neither in the program nor in Pulumi's state. If Pulumi has
 * the builder and this package wrote the record, no node is lost: the node was removed from the program on another
 * machine.
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
        // BuildKit detects emulators when it starts, and later at most once in 20 seconds (buildkit: `util/archutil`).
        const why = `it did not offer ${missing.join(", ")}`;
        const { drainTimeout: seconds } = desired.later;
        steps.push({ do: "drain", container: node.container, seconds, why }, boot(desired, node, why));
    } else if (!container.hasAnswered) {
        steps.push(boot(desired, node, "BuildKit is not known to have answered since it was started"));
    }
    return steps;
}

/** The names of settings for users, if they differ from the keys. */
const argumentOf: Partial<Record<keyof Fixed, string>> = {
    files: "buildkitdConfig or a file that it names",
    deviations: "what buildx gives every builder (the host's GPUs, WSL's libraries, no --cpus)",
};

/**
 * Returns why a container must be replaced; `undefined` if it can be kept.
 *
 * @param sawMove whether a refresh reported that the image's name now refers to another image. Until a refresh reports
 *   it, an update for another reason does not replace the container for the new image.
 */
function whyMadeAnew(node: DesiredNode, container: ObservedContainer, sawMove: boolean): string | undefined {
    const { settings: found, imageMoved, startedAt, cannotStart } = container;
    if (startedAt === undefined) return "the container was never started";
    if (cannotStart !== undefined) return `the container cannot be started any more (${cannotStart})`;
    if (imageMoved && sawMove) return `${node.settings.fixed.image} is a newer image`;
    const fixed = changedFixed(found, node.settings);
    if (fixed.length > 0) return `${fixed.map((key) => argumentOf[key] ?? key).join(", ")} changed`;
    // The engine reads 0 as "do not change", so it cannot remove a limit from a running container.
    const removed = changedLimits(found, node.settings).filter((limit) => !node.settings.limits[limit]);
    return removed.length > 0 ? `${removed.join(", ")} removed` : undefined;
}

/** Returns the platforms in `requirePlatforms` that none of the running nodes offers. */
function missingPlatforms({ later }: Desired, { nodes }: Observed): string[] {
    const offered = nodes.flatMap(({ container }) => container?.platforms ?? []);
    return later.requirePlatforms.filter((platform) => !offered.includes(platform));
}

/**
 * Returns the steps that replace a container. The engine creates the new container, and its buildkitd boots on the
 * node's volume, before the old container is removed. Until then the old container can be started again.
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

/** Returns the steps that create a container on the node's volume. The content of the volume is kept. */
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
 * Returns the steps that run when the nodes are done: docker's contexts, buildx's record, the current builder, and the
 * platforms that the builder must offer.
 *
 * @param observed includes the errors of the nodes. A node with an error is not added to the record.
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

/**
 * Returns the step that changes buildx's current builder. Without `use` the choice is the user's: it is undone only if
 * this package made it.
 */
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

/** A builder to remove, as Pulumi's state has it. */
export interface Removal {
    readonly name: string;
    /** Whether to keep the volumes, as the arguments say. The volumes of a `BuildKitState` are always kept. */
    readonly keepVolume: boolean;
    readonly drainTimeout: number;
}

/**
 * Returns the steps that remove what is left of a builder. Unmanaged containers, volumes and records are not changed.
 */
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

/** Returns why the record belongs to a builder that another user created with the same name. */
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
