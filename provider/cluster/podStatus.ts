/** What the status of a pod says about why the pod is not ready. */
import type { Condition, Pod } from "./workloads";

/**
 * Why a pod is not ready:
 *
 * - `unschedulable`: no node takes the pod. The text is the scheduler's.
 * - `claim`: a claim of the pod has no volume.
 * - `image`: the image cannot be pulled.
 * - `exited`: a container exited. The text has the exit code and the end of its log.
 * - `refused`: the container cannot be started, or no pod can be created.
 * - `starting`: nothing failed so far.
 */
export interface NotReady {
    readonly kind: "unschedulable" | "claim" | "image" | "exited" | "refused" | "starting";
    /** A sentence without a full stop. For `exited`, further lines have the end of the log. */
    readonly text: string;
    /** Whether waiting is pointless: the pod will not become ready without a change. */
    readonly isFinal: boolean;
    /** Container that exited. */
    readonly container?: string;
}

interface Terminated {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
}

interface ContainerState {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: unknown;
    readonly terminated?: Terminated;
}

interface ContainerStatus {
    readonly name: string;
    readonly image: string;
    readonly ready: boolean;
    readonly restartCount: number;
    readonly state?: ContainerState;
    readonly lastState?: ContainerState;
}

interface PodStatus {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
}

const imageReasons = [
    ...["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"],
    ...["ImageInspectError", "RegistryUnavailable"],
];

/** Messages of a registry that will not change by trying again. */
const noSuchImage =
    /not found|does not exist|access denied|denied:|unauthorized|forbidden|manifest unknown|invalid reference/i;

/** Returns why a pod is not ready, from its status alone. `undefined` if it is ready. */
export function readPodStatus(pod: Pod): NotReady | undefined {
    if (pod.isReady) return undefined;
    const status = (pod.object.status ?? {}) as PodStatus;
    if (status.phase === "Failed")
        return refused(
            `the pod failed${status.reason ? ` (${status.reason})` : ""}: ${status.message ?? "it says no reason"}`,
        );
    const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
    if (scheduled?.status === "False")
        return { kind: "unschedulable", text: `no node takes the pod: ${sentence(scheduled.message)}`, isFinal: false };
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    for (const container of containers) {
        const reason = container.ready ? undefined : ofContainer(container);
        if (reason !== undefined) return reason;
    }
    return { kind: "starting", text: startingText(pod, containers), isFinal: false };
}

/** Returns how often the first container of a pod was restarted. */
export const restartsOf = ({ object, container }: Pod): number =>
    ((object.status ?? {}) as PodStatus).containerStatuses?.find(({ name }) => name === container)?.restartCount ?? 0;

function ofContainer({ name, image, restartCount, state, lastState }: ContainerStatus): NotReady | undefined {
    const { reason = "", message = "" } = state?.waiting ?? {};
    if (imageReasons.includes(reason)) {
        const text = `the image ${image} cannot be pulled: ${sentence(message || reason)}`;
        const isFinal = ["InvalidImageName", "ErrImageNeverPull"].includes(reason) || noSuchImage.test(message);
        return { kind: "image", text, isFinal };
    }
    const terminated = state?.terminated ?? lastState?.terminated;
    const isStarted = terminated !== undefined && !notStarted.includes(terminated.reason ?? "");
    if (
        isStarted &&
        (state?.running === undefined || restartCount > 0) &&
        !(terminated.exitCode === 0 && state?.terminated)
    )
        return {
            kind: "exited",
            text: exitText(name, terminated, restartCount),
            isFinal: terminated.exitCode !== 0 && restartCount >= 1 && reason === "CrashLoopBackOff",
            container: name,
        };
    if (terminated !== undefined && !isStarted)
        return refused(`the container ${name} cannot be started: ${sentence(terminated.message)}`, restartCount >= 1);
    if (reason !== "" && !normal.includes(reason))
        return refused(`the container ${name} cannot be started (${reason}): ${sentence(message)}`);
    return undefined;
}

/** Reasons of containers that the container runtime did not start. */
const notStarted = ["StartError", "ContainerCannotRun"];

const normal = ["ContainerCreating", "PodInitializing"];

const refused = (text: string, isFinal = false): NotReady => ({ kind: "refused", text, isFinal });

function exitText(name: string, { exitCode, reason }: Terminated, restarts: number): string {
    const times = restarts === 0 ? "" : `, and was restarted ${restarts === 1 ? "once" : `${restarts} times`}`;
    if (reason === "OOMKilled")
        return `the container ${name} was killed because it used more memory than its limit${times}`;
    return `the container ${name} exited with code ${exitCode}${times}`;
}

function startingText({ node }: Pod, containers: readonly ContainerStatus[]): string {
    if (node === undefined) return "the scheduler has not chosen a node yet";
    const waiting = containers.find(({ state }) => state?.running === undefined && state?.terminated === undefined);
    if (waiting !== undefined || containers.length === 0) return `the node ${node} starts the containers`;
    const running = containers.find(({ ready, state }) => !ready && state?.running !== undefined);
    return `the container ${running?.name ?? "of the pod"} runs, and its readiness probe has not succeeded yet`;
}

const sentence = (text = "no reason is given") => text.trim().replace(/\.$/, "");
