/**
 * The bridge to Pulumi's dynamic providers. The text in `__provider` of each resource contains the subpath
 * `pulumi-buildx/dynamic`, which is this file, and one of its exports. Pulumi's saved states contain that text, so
 * these names must never change.
 */
import { lifecycles } from "../lifecycles";
import { cancelled } from "./cancellation";
import { verbsOf } from "./verbs";

cancelled(); // starts to listen for the cancellation

export const BuildxBuilder = verbsOf(lifecycles.BuildxBuilder);
export const BuildKitPrune = verbsOf(lifecycles.BuildKitPrune, ["__mayBeStarting", "__replaceOnChanges"]);
export const BuildKitState = verbsOf(lifecycles.BuildKitState, ["__replaceOnChanges"]);
export const BuildKitStateArchive = verbsOf(lifecycles.BuildKitStateArchive, ["__replaceOnChanges"]);
export const KubernetesBuilder = verbsOf(lifecycles.KubernetesBuilder);
export const QemuEmulation = verbsOf(lifecycles.QemuEmulation, ["__replaceOnChanges"]);
export const RemoteBuilder = verbsOf(lifecycles.RemoteBuilder);
