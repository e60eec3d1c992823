/** The arguments by which a container's image is named and pulled, as every resource takes them. */
import * as v from "valibot";
import { parseImageReference } from "../docker/imageReference";
import { said } from "../words";
import { textThat } from "./rules";

/** @param example of such an image's name. */
export const legalImage = (example: string) =>
    textThat(
        (name) => parseImageReference(name) !== undefined,
        `an image's name: write [registry/]repository[:tag][@digest], such as "${example}"`,
    );

export const legalPull = v.picklist(
    ["missing", "always"],
    ({ input }) => `${said(input)} is not "missing" or "always"`,
);
