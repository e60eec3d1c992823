/** A buildkitd in a pod of Kubernetes: `kubectl exec` runs `buildctl` in it, as buildx does. */
import { lastLine } from "../text/lastLine";
import type { Buildctl } from "./buildctl";
import { DaemonError, startDaemon } from "./daemon";
import { runProgram } from "./program";

/** @param address `kube-pod://pod[?context=…&namespace=…&container=…]`. */
export function inPod(address: string): Buildctl {
    const { hostname: pod, searchParams } = new URL(address);
    // Like buildx, passes an empty value if a parameter is missing. kubectl then uses its own default.
    const flags = ["context", "namespace"].map((name) => `--${name}=${searchParams.get(name) ?? ""}`);
    const container = `--container=${searchParams.get("container") ?? ""}`;
    return {
        name: pod,
        where: address,
        run: (args, signal) =>
            runProgram("kubectl", [...flags, "exec", container, "-i", pod, "--", "buildctl", ...args], signal),
    };
}

/** Returns the error for a run of `buildctl` that failed, from its output or the error of `kubectl`. */
export function podFailure(output: string): DaemonError {
    // kubectl writes this line after the output of the command.
    const last = lastLine(output.trim().replace(/\n?command terminated with exit code \d+$/, "") || output);
    if (/\bkubectl\b.*ENOENT/.test(output)) {
        const why = "kubectl is not on the PATH. Install kubectl: buildx uses kubectl for kube-pod:// as well";
        return new DaemonError(why, { mayBeStarting: false });
    }
    if (/server localhost:8080 was refused|no configuration has been provided/i.test(output)) {
        const why = `kubectl has no cluster (${last}). Set KUBECONFIG, or name a context in the endpoint: ?context=name`;
        return new DaemonError(why, { mayBeStarting: false });
    }
    if (/context was not found|context "\S+" does not exist/i.test(output)) {
        const why = `kubectl does not know the context (${last}). Correct the context in the endpoint: ?context=name`;
        return new DaemonError(why, { mayBeStarting: false });
    }
    if (/is not valid for pod/.test(output)) {
        const why = `the pod has no such container (${last}). Correct the container in the endpoint: ?container=name`;
        return new DaemonError(why, { mayBeStarting: false });
    }
    if (/\(forbidden\).* cannot /i.test(output)) {
        const why = `${last}. A Role with the verbs get for pods and create for pods/exec gives the rights that kubectl exec needs`;
        return new DaemonError(why, { mayBeStarting: false });
    }
    if (/executable file not found/.test(output)) {
        const why = `the container has no buildctl (${last}). Name the container of buildkitd in the endpoint: ?container=name`;
        return new DaemonError(why, { mayBeStarting: false });
    }
    return new DaemonError(`${last}. ${startDaemon}`, { mayBeStarting: startingPod.test(output) });
}

/** Output of kubectl for a pod, a container, a buildkitd or an API server that does not exist or run yet. */
const startingPod = new RegExp(
    [
        "\\(notfound\\)|not found|does not have a host assigned|container not found|is not running|completed pod",
        "unable to upgrade connection|waiting to start|containercreating",
        "connection refused|was refused|no such file|i/o timeout|connect: |tls handshake timeout|serviceunavailable",
    ].join("|"),
    "i",
);
