/** The values that are valid for a driver option by itself. */
import * as v from "valibot";
import { orNearest } from "../../../text/diskSpace";
import { isCpuSet, nearestSize, parseRestartPolicy, parseSize, parseSwapSize } from "../../../text/dockerValues";
import { textThat } from "../../../args/rules";
import { quote } from "../../../text/quote";

export const yesOrNo = v.boolean(({ input }) => `${quote(input)} is not true or false`);

/** Accepts 0, which means no limit, or a whole number within bounds. */
export const wholeNumber = (what: string, from = 0, to = Number.MAX_SAFE_INTEGER) =>
    v.pipe(
        v.number(({ input }) => `${quote(input)} is not ${what}`),
        v.check(
            (value) => Number.isInteger(value) && (value === 0 || value >= from) && value <= to && value >= 0,
            ({ input }) => `${quote(input)} is not ${what}`,
        ),
    );

const size = 'a size: write a number with an optional unit b, k, m or g, such as "512m" or "2g"';

/** Accepts a size as docker reads it. For another value, the message suggests the nearest size. */
const legalSize = (isLegal: (text: string) => boolean, what: string) => {
    const message = ({ input }: { input: unknown }) => `${quote(input)} is not ${what}${orNearest(nearestSize(input))}`;
    return v.pipe(v.string(message), v.check(isLegal, message));
};

/** The minimum memory that the engine allows for a container, in bytes. */
const leastMemory = 6 * 1024 ** 2;

export const memorySize = v.pipe(
    legalSize((value) => parseSize(value) !== undefined, size),
    v.check(
        (value) => (parseSize(value) || leastMemory) >= leastMemory, // the rule above rejects what is not a size
        ({ input }) => `"${input}" is less than 6m, the least that the engine gives a container`,
    ),
);

export const swapSize = legalSize((value) => parseSwapSize(value) !== undefined, `${size}, or "-1" for no limit`);

export const cpuSet = (what: string) => textThat(isCpuSet, what);

export const oneWord = (what: string) => textThat((text) => /^\S+$/.test(text), what);

export const restartPolicy = textThat(
    (policy) => parseRestartPolicy(policy) !== undefined,
    'a restart policy: write "no", "always", "unless-stopped", "on-failure" or "on-failure:3"',
);

export const environment = v.pipe(
    v.record(v.string(), v.string("the value of a variable has to be text"), 'write variables as { NAME: "value" }'),
    v.check((env) => !("" in env), 'a variable needs a name: write { NAME: "value" }'),
    v.check(
        (env) => Object.keys(env).every((name) => !/[=\0]/.test(name)),
        'a variable\'s name cannot hold "=": write { NAME: "value" }',
    ),
);
