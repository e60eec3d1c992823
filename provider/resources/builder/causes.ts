/** Why a builder changes. */
import type { Cause } from "../../bridges/lifecycle";
import { formatPath } from "../../text/quote";

/** A node, by its position in the argument `nodes`. `undefined` for the single node of a builder without `nodes`. */
interface Positioned {
    readonly position: number | undefined;
}

/** Returns the path of an argument or output of a node. */
export const pathIn = ({ position }: Positioned, key: string): string =>
    formatPath(position === undefined ? [key] : ["nodes", position, key]);

/** Returns the cause of a step: the arguments that changed, or else that something differs from the arguments. */
export const causeOf = (properties: readonly string[], drift: string): Cause =>
    properties.length > 0
        ? { why: `${[...new Set(properties.map(nameOf))].join(", ")} changed`, properties, isDrift: false }
        : { why: drift, isDrift: true };

/** Returns the name of an argument for users: `image` for `nodes[0].image`. */
const nameOf = (path: string): string => path.split(".").at(-1) ?? path;
