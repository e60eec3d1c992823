/** Validates the arguments that name the target or the source of a state. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { quote } from "../text/quote";
import { openFile } from "../transfer/source";
import { legalImage } from "./image";
import { flag, textThat, unknownKey } from "./rules";
import { unknown } from "./unknown";

/** Returns the message about a value that is not valid, or `undefined` if it is valid. */
const whyNot = (schema: v.GenericSchema, value: unknown): string | undefined =>
    v.safeParse(schema, value).issues?.[0].message;

const image = legalImage("registry.example/ci-cache:latest");

const path = textThat(
    (value) => value.trim() !== "",
    (value) => `${quote(value)} is not a valid path: must be the path of a file, for example "ci.tar.zst"`,
);

const volume = textThat(
    (name) => /^[a-zA-Z0-9][\w.-]+$/.test(name),
    (value) =>
        `${quote(value)} is not a valid volume name: must be two or more letters, digits, "_", "." and "-", ` +
        "the first a letter or digit",
);

const values: Readonly<Record<string, v.GenericSchema>> = {
    archive: path,
    image,
    volume,
    helperImage: image,
    overwrite: flag,
};

export const whyNoImage = (value: unknown): string | undefined => whyNot(image, value);

/** The keys of an argument: exactly one of `places`, and any of `options`. */
interface Keys {
    readonly places: readonly string[];
    readonly options?: readonly string[];
}

export const archivePlaces: Keys = { places: ["archive", "image"] };

export const restorePlaces: Keys = { places: ["archive", "volume", "image"], options: ["overwrite", "helperImage"] };

/** Returns the failures of an argument's form. Values that are not known yet are not checked. */
export function failuresOfPlace(property: string, value: unknown, { places, options = [] }: Keys): CheckFailure[] {
    if (value === undefined || value === unknown) return [];
    const forms = places.map((place) => `{ ${place}: … }`).join(", ");
    if (typeof value !== "object" || value === null) {
        const reason = whyNot(path, value);
        return reason === undefined ? [] : [{ property, reason: `${reason}, or one of ${forms}` }];
    }
    const legal = [...places, ...options];
    const given = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
    const failures = given.flatMap(([key, each]) => {
        const at = `${property}.${key}`;
        if (!legal.includes(key)) return [{ property: at, reason: unknownKey(key, legal) }];
        const reason = each === unknown || !values[key] ? undefined : whyNot(values[key], each);
        return reason === undefined ? [] : [{ property: at, reason }];
    });
    const named = given.filter(([key]) => places.includes(key)).length;
    if (failures.length === 0 && named !== 1)
        return [
            { property, reason: `names ${named === 0 ? "no location" : "several locations"}: must be one of ${forms}` },
        ];
    return failures;
}

/** Returns the failures of the archive file that an argument names, if it names a file and the path is known. */
export async function failuresOfArchive(property: string, value: unknown): Promise<CheckFailure[]> {
    const isObject = typeof value === "object" && value !== null;
    const path = isObject ? (value as { archive?: unknown }).archive : value;
    if (typeof path !== "string" || path === unknown) return [];
    return openFile(path).then(
        () => [],
        ({ message: reason }: Error) => [{ property: isObject ? `${property}.archive` : property, reason }],
    );
}
