/** Decides what happens to one node of a builder. */
import { nextContainerName } from "../../buildx/names";
import { ownerLabels } from "../../ownership";
import { containerOptions } from "./node/containerOptions";
import type { DesiredBuilder, DesiredNode } from "./desired";
import type { Observed, ObservedContainer, ObservedNode } from "./observe";
import type { Limits } from "./options/groups";
import { changedFixed, changedLimits, type Fixed } from "./node/settings";
import type { Step } from "./steps";

/** Returns the steps that bring a node to what is desired. */
export function planNode(desired: DesiredBuilder, node: DesiredNode, observed: ObservedNode, all: Observed): Step[] {
    const { container } = observed;
    if (observed.error !== undefined) return [];
    const isKnown = all.previous?.nodes.some(({ name, stored }) => name === node.name && stored !== "") === true;
    const leftovers: Step[] = observed.hasNext
        ? [{ do: "removeContainer", container: nextContainerName(node.name), why: "an update was cut off" }]
        : [];
    if (container === undefined) {
        return [...leftovers, ...makeNode(desired, node, observed, "there is no container", isKnown)];
    }
    const sawMove = all.previous?.nodes.some((each) => each.name === node.name && each.imageMoved) === true;
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
        const { drainTimeout: seconds } = desired.savedOnly;
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
function missingPlatforms({ savedOnly }: DesiredBuilder, { nodes }: Observed): string[] {
    const offered = nodes.flatMap(({ container }) => container?.platforms ?? []);
    return savedOnly.requirePlatforms.filter((platform) => !offered.includes(platform));
}

/**
 * Returns the steps that replace a container. The engine creates the new container, and its buildkitd boots on the
 * node's volume, before the old container is removed. Until then the old container can be started again.
 */
function replaceNode(
    desired: DesiredBuilder,
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
        { do: "drain", container, seconds: desired.savedOnly.drainTimeout, why },
        ...make.filter(isBoot),
        { do: "replaceContainer", container, by: next, why },
    ];
}

/** Returns the steps that create a container on the node's volume. The content of the volume is kept. */
function makeNode(
    desired: DesiredBuilder,
    node: DesiredNode,
    observed: ObservedNode,
    why: string,
    isKnown: boolean,
): Step[] {
    const { container, volume, imageInMirrors } = node;
    const steps: Step[] = [];
    const pull = (mayFail: boolean, why: string) => {
        const { image } = node.settings.fixed;
        const { bootTimeout: seconds } = desired.savedOnly;
        steps.push({ do: "pullImage", image, inMirrors: imageInMirrors, mayFail, seconds, why });
    };
    if (!observed.hasImage) pull(false, "the engine does not have it");
    else if (desired.savedOnly.pull === "always") pull(true, 'pull is "always"');
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

const boot = ({ savedOnly }: DesiredBuilder, { container }: DesiredNode, why: string, isStateNew = false): Step => ({
    do: "boot",
    container,
    seconds: savedOnly.bootTimeout,
    isStateNew,
    why,
});
