/** The values that are valid for a driver option by itself. */
import * as v from "valibot";
import { isCpuSet, nearestSize, parseRestartPolicy, parseSize, parseSwapSize } from "../../../text/dockerValues";
import { textThat } from "../../../args/rules";
import { invalidSize, quote } from "../../../text/quote";

/** Accepts 0, which means no limit, or a whole number within bounds. */
export const wholeNumber = (message: (value: unknown) => string, from = 0, to = Number.MAX_SAFE_INTEGER) =>
    v.pipe(
        v.number(({ input }) => message(input)),
        v.check(
            (value) => Number.isInteger(value) && (value === 0 || value >= from) && value <= to && value >= 0,
            ({ input }) => message(input),
        ),
    );

const size = 'must be a number with an optional unit b, k, m or g, for example "512m" or "2g"';

/** Accepts a size as docker reads it. For another value, the message suggests the nearest size. */
const legalSize = (isLegal: (text: string) => boolean, valid: string) => {
    const message = ({ input }: { input: unknown }) => invalidSize(input, valid, nearestSize(input));
    return v.pipe(v.string(message), v.check(isLegal, message));
};

/** The minimum memory that the engine allows for a container, in bytes. */
const leastMemory = 6 * 1024 ** 2;

export const memorySize = v.pipe(
    legalSize((value) => parseSize(value) !== undefined, size),
    v.check(
        (value) => (parseSize(value) || leastMemory) >= leastMemory, // the rule above rejects what is not a size
        ({ input }) => `"${input}" is less than 6m: must be at least 6m, the minimum that the engine accepts`,
    ),
);

export const swapSize = legalSize((value) => parseSwapSize(value) !== undefined, `${size}, or "-1" for no limit`);

export const cpuSet = (message: (value: unknown) => string) => textThat(isCpuSet, message);

export const oneWord = (message: (value: unknown) => string) => textThat((text) => /^\S+$/.test(text), message);

export const restartPolicy = textThat(
    (policy) => parseRestartPolicy(policy) !== undefined,
    (value) =>
        `${quote(value)} is not a valid restart policy: must be "no", "always", "unless-stopped", "on-failure" or ` +
        '"on-failure:<times>", for example "on-failure:3"',
);

export const environment = v.pipe(
    v.record(
        v.string(),
        v.string("the value of a variable must be a string"),
        'must be an object, for example { NAME: "value" }',
    ),
    v.check((env) => !("" in env), 'the name of a variable must not be empty, for example { NAME: "value" }'),
    v.check(
        (env) => Object.keys(env).every((name) => !/[=\0]/.test(name)),
        'the name of a variable must not contain "=", for example { NAME: "value" }',
    ),
);
