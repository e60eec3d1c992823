/** Decides what happens to one node of a builder. */
import type { Cause } from "../../bridges/lifecycle";
import { nextContainerName } from "../../buildx/names";
import { ownerLabels } from "../../ownership";
import type { DesiredBuilder, DesiredNode } from "./desired";
import { causeOfMissing, statusCause } from "./node/causes";
import { containerOptions } from "./node/containerOptions";
import { wasReached } from "./node/node";
import type { ObservedContainer, ObservedNode } from "./node/observeNode";
import { changedFixed, changedLimits } from "./node/settings";
import { settingsCause } from "./node/settingsCause";
import { pathOf } from "./node/written";
import type { Observed } from "./observe";
import type { Limits } from "./options/groups";
import type { PreviousBuilder } from "./previous";
import type { NodeStep } from "./steps";

/** Returns the steps that bring a node to what is desired. */
export function planNode(
    builder: DesiredBuilder,
    node: ObservedNode,
    all: Observed,
    previous: PreviousBuilder | undefined,
): NodeStep[] {
    const { desired, container } = node;
    if (node.error !== undefined) return [];
    const leftovers: NodeStep[] = node.hasNext
        ? [
              {
                  do: "removeContainer",
                  container: nextContainerName(desired.name),
                  ...statusCause(desired, "an interrupted update left it"),
              },
          ]
        : [];
    if (container === undefined) {
        return [...leftovers, ...makeNode(builder, node, causeOfMissing(node, previous === undefined))];
    }
    const cause =
        node.volume === undefined
            ? statusCause(desired, "its state volume does not exist")
            : causeOfReplacement(node, container);
    if (cause !== undefined) return [...leftovers, ...replaceNode(builder, node, container, cause)];
    return [...leftovers, ...updateNode(node, container), ...bootNode(builder, node, container, all, previous)];
}

/** Returns the step that updates the limits of a container, if they differ. */
function updateNode({ desired, previous }: ObservedNode, { settings }: ObservedContainer): NodeStep[] {
    if (changedLimits(settings, desired.settings).length === 0) return [];
    const limits = desired.settings.limits as Limits;
    const cause = settingsCause(desired, previous, settings);
    return [{ do: "updateLimits", container: desired.container, limits, ...cause }];
}

/** Returns the steps that boot a container that is not known to work. */
function bootNode(
    builder: DesiredBuilder,
    { desired }: ObservedNode,
    container: ObservedContainer,
    all: Observed,
    previous: PreviousBuilder | undefined,
): NodeStep[] {
    if (!container.isRunning) return [boot(builder, desired, statusCause(desired, "the container is not running"))];
    const missing = missingPlatforms(builder, all);
    if (missing.length > 0) {
        // BuildKit detects emulators when it starts, and later at most once in 20 seconds (buildkit: `util/archutil`).
        const before = previous?.desired.savedOnly.requirePlatforms;
        const cause: Cause = {
            why: `the builder does not offer ${missing.join(", ")}`,
            properties: ["requirePlatforms"],
            isDrift: before !== undefined && missing.every((platform) => before.includes(platform)),
        };
        const { drainTimeout: seconds } = builder.savedOnly;
        return [{ do: "drain", container: desired.container, seconds, ...cause }, boot(builder, desired, cause)];
    }
    if (container.hasAnswered) return [];
    return [boot(builder, desired, statusCause(desired, "BuildKit has not responded since the container was started"))];
}

/**
 * Returns why a container must be replaced; `undefined` if it can be kept.
 *
 * Until a refresh reports that the image's name now refers to another image, an update for another reason does not
 * replace the container for the new image.
 */
function causeOfReplacement({ desired, previous }: ObservedNode, container: ObservedContainer): Cause | undefined {
    const { settings: found, imageMoved, startedAt, cannotStart } = container;
    if (startedAt === undefined) return statusCause(desired, "the container was never started");
    if (cannotStart !== undefined)
        return statusCause(desired, `the container does not start any more (${cannotStart})`);
    if (imageMoved && previous?.imageMoved) return causeOfNewerImage(desired);
    const isFixedChanged = changedFixed(found, desired.settings).length > 0;
    // The engine reads 0 as "do not change", so it cannot remove a limit from a running container.
    const isLimitRemoved = changedLimits(found, desired.settings).some((limit) => !desired.settings.limits[limit]);
    return isFixedChanged || isLimitRemoved ? settingsCause(desired, previous, found) : undefined;
}

function causeOfNewerImage({ settings, written }: DesiredNode): Cause {
    const properties = [pathOf(["driverOpts", "image"], written)];
    return { why: `${settings.fixed.image} is a newer image`, properties, isDrift: true };
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
    builder: DesiredBuilder,
    node: ObservedNode,
    { isRunning }: ObservedContainer,
    cause: Cause,
): NodeStep[] {
    const { container, name } = node.desired;
    const next = nextContainerName(name);
    const isBoot = (step: NodeStep) => step.do === "boot";
    const make = makeNode(builder, node, cause).map((step): NodeStep => {
        if (step.do === "boot") return { ...step, container: next, replaces: container };
        if (step.do !== "createContainer") return step;
        return { ...step, replaces: { container, isRunning }, options: { ...step.options, name: next } };
    });
    return [
        ...make.filter((step) => !isBoot(step)),
        { do: "drain", container, seconds: builder.savedOnly.drainTimeout, ...cause },
        ...make.filter(isBoot),
        { do: "replaceContainer", container, by: next, ...cause },
    ];
}

/** Returns the steps that create a container on the node's volume. The content of the volume is kept. */
function makeNode(builder: DesiredBuilder, node: ObservedNode, cause: Cause): NodeStep[] {
    const { desired } = node;
    const { container, volume, imageInMirrors } = desired;
    const { pull, bootTimeout: seconds } = builder.savedOnly;
    const steps: NodeStep[] = [];
    if (!node.hasImage || pull === "always") {
        const why = node.hasImage ? 'pull is "always"' : "the engine does not have the image";
        const { image } = desired.settings.fixed;
        const mayFail = node.hasImage;
        steps.push({ do: "pullImage", image, inMirrors: imageInMirrors, mayFail, seconds, ...cause, why });
    }
    if (node.volume === undefined) {
        const labels = ownerLabels(builder.owner);
        const isLost = wasReached(node.previous);
        steps.push({ do: "createVolume", volume, labels, isLost, ...cause, why: "the volume does not exist" });
    }
    const options = containerOptions(desired, builder.owner, node.engine, node.container?.settings.hasGpus);
    const { contents: files } = desired.files;
    const addsProvenance = desired.options.provenanceAddGha !== false;
    const replaces = undefined;
    steps.push({
        do: "createContainer",
        container,
        replaces,
        options,
        imageInMirrors,
        files,
        addsProvenance,
        ...cause,
    });
    steps.push(boot(builder, desired, cause, node.volume === undefined));
    return steps;
}

const boot = (
    { savedOnly }: DesiredBuilder,
    { container }: DesiredNode,
    cause: Cause,
    isStateNew = false,
): NodeStep => ({ do: "boot", container, seconds: savedOnly.bootTimeout, isStateNew, ...cause });
