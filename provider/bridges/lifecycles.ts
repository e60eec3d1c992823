/** Lifecycles of the resources, by the name of the resource. Each lifecycle is loaded when it is first called. */
export const lifecycles = {
    BuildxBuilder: () => import("../resources/docker-container/lifecycle"),
    BuildKitPrune: () => import("../resources/prune/lifecycle"),
    BuildKitState: () => import("../resources/state/lifecycle"),
    BuildKitStateArchive: () => import("../resources/archive/lifecycle"),
    KubernetesBuilder: () => import("../resources/kubernetes/lifecycle"),
    QemuEmulation: () => import("../resources/qemu/lifecycle"),
    RemoteBuilder: () => import("../resources/remote/lifecycle"),
};
