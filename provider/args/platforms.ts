/** The arguments that are lists of platforms. */
import * as v from "valibot";
import { invalidPlatform, parsePlatform } from "../text/platform";
import { text } from "./rules";

const platform = v.pipe(
    text((value) => invalidPlatform(value)),
    v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        try {
            parsePlatform(dataset.value);
        } catch (error) {
            addIssue({ message: (error as Error).message });
        }
    }),
);

/** @param example an example of a list, for messages. */
export const legalPlatforms = (example: string) =>
    v.array(platform, `must be a list of platforms, for example ${example}`);
