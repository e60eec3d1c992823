/** The lifecycle of each resource, by the name of the resource. Each is loaded when it is first called. */
export const lifecycles = {
    BuildxBuilder: () => import("../builder/lifecycle"),
    BuildKitPrune: () => import("../prune/lifecycle"),
    BuildKitState: () => import("../state/lifecycle"),
    BuildKitStateArchive: () => import("../archive/lifecycle"),
    QemuEmulation: () => import("../qemu/lifecycle"),
};
