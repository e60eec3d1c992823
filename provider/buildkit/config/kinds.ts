/** Kinds of values in buildkitd's configuration. */
import { parseGoDuration } from "../../text/durations";
import { doubtfulDiskSpace, isDiskSpace, nearestDiskSpace } from "../../text/diskSpace";
import type { TomlKey } from "./names";

/** A single value, or a list of them. */
interface Scalar {
    readonly is: "scalar";
    /** The message about an illegal value, without the value at its start. */
    readonly invalid: string;
    readonly isLegal: (value: unknown) => boolean;
    /** Returns the end of a more specific message about a value that is nearly legal. */
    readonly nearlyLegal?: (value: unknown) => string | undefined;
    /** Returns the value that was probably meant by an illegal value. */
    readonly nearest?: (value: unknown) => string | undefined;
    /** Returns why a legal value is probably not the intended one. */
    readonly doubt?: (value: unknown) => string | undefined;
    /** The value is the path of a file that is copied into the container, or the file's PEM text. */
    readonly holds?: "certificate" | "key";
    /** TOML accepts only a list. */
    readonly isList?: true;
}

export type Kind =
    | Scalar
    | { readonly is: "table"; readonly keys: Readonly<Record<string, Kind>> }
    | { readonly is: "list"; readonly of: Kind }
    /** A table whose keys the user chooses. */
    | { readonly is: "named"; readonly of: Kind }
    | { readonly is: "anything" };

/** @typeParam T the public type of the table. The compiler then checks that both have the same keys. */
export const table = <T>(keys: Record<TomlKey<T>, Kind>): Kind => ({ is: "table", keys });
export const listOf = (of: Kind): Kind => ({ is: "list", of });
export const named = (of: Kind): Kind => ({ is: "named", of });

export const oneOf = (...words: string[]): Kind => ({
    is: "scalar",
    invalid: `is not a valid value: must be one of ${words.join(", ")}`,
    isLegal: (value) => typeof value === "string" && words.includes(value),
});

/**
 * Whether a value is an entitlement of BuildKit (buildkit: `util/entitlements`). `device` may be limited to some
 * devices: `device=vendor.example/class=name`.
 */
const isEntitlement = (value: unknown) =>
    typeof value === "string" && /^(?:network\.host|security\.insecure|device(?:=.+)?)$/.test(value);

const isText = (value: unknown) => typeof value === "string";
const areTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isWhole = (value: unknown) => typeof value === "number" && Number.isSafeInteger(value);

/** Returns the seconds of a duration as BuildKit reads it. A plain number is a number of seconds. */
const durationOf = (value: unknown) => (isWhole(value) || isText(value) ? parseGoDuration(String(value)) : undefined);

const isDuration = (value: unknown) => (durationOf(value) ?? -1) >= 0;

/** Returns the message about days and weeks, with the value in hours (docker/buildx#2505). */
function daysInHours(value: unknown): string | undefined {
    const [, count, unit] = /^(\d+(?:\.\d+)?) ?(d|w)(?:ays?|eeks?)?$/.exec(String(value)) ?? [];
    if (count === undefined) return undefined;
    const hours = Number(count) * (unit === "w" ? 168 : 24);
    return `is not a valid duration: BuildKit does not support days and weeks. Write "${hours}h"`;
}

const one = (invalid: string, isLegal: Scalar["isLegal"], more: Partial<Scalar> = {}): Kind => ({
    is: "scalar",
    invalid,
    isLegal,
    ...more,
});

const invalidDuration = 'is not a valid duration: must be a number of seconds, or a text, for example "48h"';

export const scalar = {
    yesOrNo: one("is not a valid value: must be true or false", (value) => typeof value === "boolean"),
    integer: one("is not a valid value: must be a whole number", isWhole),
    text: one("is not a valid value: must be text", isText),
    texts: one("is not a valid value: must be a list of texts", areTexts),
    entitlements: one(
        "is not a valid value: must be a list of network.host, security.insecure and device",
        (value) => Array.isArray(value) && value.every(isEntitlement),
    ),
    size: one('is not a valid size: must be a number of bytes, or a text, for example "20GB" or "10%"', isDiskSpace, {
        nearest: nearestDiskSpace,
        doubt: doubtfulDiskSpace,
    }),
    bytes: one("is not a valid value: must be a whole number of bytes", isWhole, { doubt: doubtfulDiskSpace }),
    duration: one(invalidDuration, isDuration, { nearlyLegal: daysInHours }),
    /** A duration that may be negative. A negative duration means "no limit". */
    anyDuration: one(invalidDuration, (value) => durationOf(value) !== undefined, { nearlyLegal: daysInHours }),
    certificate: one("is not a valid certificate: must be the path of a file or PEM text", isText, {
        holds: "certificate",
    }),
    certificates: one("is not a valid list of certificates: each must be the path of a file or PEM text", areTexts, {
        holds: "certificate",
        isList: true,
    }),
    key: one("is not a valid key: must be the path of a file or PEM text", isText, { holds: "key" }),
    anything: { is: "anything" } as Kind,
};
