/** Lifecycles of the resources, by the name of the resource. Each lifecycle is loaded when it is first called. */
export const lifecycles = {
    BuildxBuilder: () => import("../builder/lifecycle"),
    BuildKitPrune: () => import("../prune/lifecycle"),
    BuildKitState: () => import("../state/lifecycle"),
    BuildKitStateArchive: () => import("../archive/lifecycle"),
    QemuEmulation: () => import("../qemu/lifecycle"),
};
