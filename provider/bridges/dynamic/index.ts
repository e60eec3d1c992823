/**
 * The bridge to Pulumi's dynamic providers. The text in each resource's `__provider` names the subpath
 * `pulumi-buildx/dynamic`, which is this file, and its exports. Saved states hold that text, so these names never change.
 */
import { lifecycles } from "../lifecycles";
import { cancelled } from "./cancellation";
import { verbsOf } from "./verbs";

cancelled(); // starts to listen for Pulumi's cancellation

export const BuildxBuilder = verbsOf(lifecycles.BuildxBuilder);
export const BuildKitPrune = verbsOf(lifecycles.BuildKitPrune, ["__mayBeStarting", "__replaceOnChanges"]);
export const BuildKitState = verbsOf(lifecycles.BuildKitState, ["__replaceOnChanges"]);
export const BuildKitStateArchive = verbsOf(lifecycles.BuildKitStateArchive, ["__replaceOnChanges"]);
export const QemuEmulation = verbsOf(lifecycles.QemuEmulation, ["__replaceOnChanges"]);
