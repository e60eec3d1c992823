/** The steps of a builder that concern this machine and the builder as a whole. */
import type { Call, Cause } from "../../bridges/lifecycle";
import { stopUsingBuilder, useBuilder } from "../../buildx/current";
import { type NodeGroup, removeRecord } from "../../buildx/store";
import { currentEndpoint } from "../../docker/endpoint/endpoint";
import { formatPlatforms, type Platform } from "../../text/platform";
import type { ChoiceStep } from "./choice";
import { missingPlatform } from "./missingPlatform";
import { removeFiles, writeFiles } from "./ownFiles";
import { writeRecordOf } from "./record";

export type FinalStep =
    | ChoiceStep
    | (Cause &
          /** Checks that the nodes together offer the platforms. All nodes were queried before. */
          (
              | { readonly do: "requirePlatforms"; readonly builder: string; readonly platforms: readonly string[] }
              /** Writes files by their paths in buildx's folder. */
              | { readonly do: "writeFiles"; readonly files: Readonly<Record<string, string>> }
              /** Removes files and folders by their paths in buildx's folder. */
              | { readonly do: "removeFiles"; readonly paths: readonly string[] }
              | { readonly do: "writeRecord"; readonly record: NodeGroup; readonly isNew: boolean }
              | { readonly do: "removeRecord"; readonly name: string }
              /** Changes nothing and warns the user: what exists is not managed by this resource. */
              | { readonly do: "leave"; readonly what: string }
              /** Changes nothing outside of Pulumi's state, which stores settings for later steps. */
              | { readonly do: "saveSettings" }
          ));

/** The final steps that change something on this machine. */
export const changingFinalSteps: readonly FinalStep["do"][] = [
    "writeFiles",
    "removeFiles",
    "writeRecord",
    "removeRecord",
    "use",
    "stopUsing",
];

/** @param platforms returns the platforms of all nodes. */
export async function runFinalStep(
    step: FinalStep,
    { signal, warn }: Pick<Call, "signal" | "warn">,
    platforms: () => Promise<readonly Platform[]>,
): Promise<void> {
    switch (step.do) {
        case "writeFiles":
            return writeFiles(step.files);
        case "removeFiles":
            return removeFiles(step.paths);
        case "writeRecord":
            return writeRecordOf(step.record, step.isNew, signal);
        case "removeRecord":
            return removeRecord(step.name, signal);
        case "use":
            return useBuilder(step.name, await currentEndpoint(), signal);
        case "stopUsing":
            return stopUsingBuilder(step.name, await currentEndpoint(), signal);
        case "requirePlatforms": {
            const offered = formatPlatforms(await platforms());
            const missing = step.platforms.filter((platform) => !offered.includes(platform));
            if (missing.length > 0) throw new Error(missingPlatform(step.builder, missing, offered));
            return;
        }
        case "leave":
            return warn(`${step.what} is not removed: ${step.why}`);
        case "saveSettings":
            return;
    }
}
