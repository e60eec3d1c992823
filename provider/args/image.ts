/** The arguments that select the image of a container and when it is pulled, for builders and emulators. */
import * as v from "valibot";
import { invalidImageName, parseImageReference } from "../registry/imageReference";
import { quote } from "../text/quote";
import { textThat } from "./rules";

/** @param example the name of a suitable image, for messages. */
export const legalImage = (example: string) =>
    textThat(
        (name) => parseImageReference(name) !== undefined,
        (value) => invalidImageName(value, example),
    );

const pulls = ["missing", "always"] as const;

/** When to pull an image: only if the engine does not have it, or each time before it is used. */
export type Pull = (typeof pulls)[number];

export const defaultPull: Pull = "missing";

export const legalPull = v.picklist(
    pulls,
    ({ input }) => `${quote(input)} is not a valid pull policy: must be "missing" or "always"`,
);
