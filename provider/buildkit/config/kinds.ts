/** Kinds of values in buildkitd's configuration. */
import { parseGoDuration } from "../../text/durations";
import { doubtfulDiskSpace, isDiskSpace, nearestDiskSpace } from "../../text/diskSpace";
import type { TomlKey } from "./names";

/** A single value, or a list of them. */
interface Scalar {
    readonly is: "scalar";
    /** Describes a legal value in messages, with an example. */
    readonly what: string;
    readonly isLegal: (value: unknown) => boolean;
    /** Returns what to write instead of a value that is nearly legal. */
    readonly instead?: (value: unknown) => string | undefined;
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
    what: `one of ${words.join(", ")}`,
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

/** Converts days and weeks to hours, because BuildKit does not support days (docker/buildx#2505). */
function inHours(value: unknown): string | undefined {
    const [, count, unit] = /^(\d+(?:\.\d+)?) ?(d|w)(?:ays?|eeks?)?$/.exec(String(value)) ?? [];
    return count === undefined ? undefined : `"${Number(count) * (unit === "w" ? 168 : 24)}h"`;
}

const one = (what: string, isLegal: Scalar["isLegal"], more: Partial<Scalar> = {}): Kind => ({
    is: "scalar",
    what,
    isLegal,
    ...more,
});

export const scalar = {
    yesOrNo: one("true or false", (value) => typeof value === "boolean"),
    integer: one("a whole number", isWhole),
    text: one("text", isText),
    texts: one("a list of texts", areTexts),
    entitlements: one(
        "a list of network.host, security.insecure and device",
        (value) => Array.isArray(value) && value.every(isEntitlement),
    ),
    size: one('a size: write a number of bytes, "20GB" or "10%"', isDiskSpace, {
        nearest: nearestDiskSpace,
        doubt: doubtfulDiskSpace,
    }),
    bytes: one("a whole number of bytes", isWhole, { doubt: doubtfulDiskSpace }),
    duration: one('a duration: write "48h" or a number of seconds', isDuration, { instead: inHours }),
    /** A duration that may be negative. A negative duration means "no limit". */
    anyDuration: one('a duration: write "48h" or a number of seconds', (value) => durationOf(value) !== undefined, {
        instead: inHours,
    }),
    certificate: one("the path of a file or PEM text", isText, { holds: "certificate" }),
    certificates: one("a list of paths of files, or PEM texts", areTexts, { holds: "certificate", isList: true }),
    key: one("the path of a file or PEM text", isText, { holds: "key" }),
    anything: { is: "anything" } as Kind,
};
