/** Validates the arguments that name the target or the source of a state. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { parseImageReference } from "../registry/imageReference";
import { unknown } from "./unknown";
import { quote, didYouMean } from "../text/quote";
import { openFile } from "../transfer/source";

/** Returns why a value is not valid for its key, or `undefined` if it is valid. */
type WhyNot = (value: unknown) => string | undefined;

const textThat =
    (isLegal: (value: string) => boolean, what: string): WhyNot =>
    (value) =>
        typeof value === "string" && isLegal(value) ? undefined : `${quote(value)} is not ${what}`;

const isImage = (name: string) => parseImageReference(name) !== undefined;

export const whyNoImage: WhyNot = textThat(isImage, 'an image\'s name, such as "registry.example/ci-cache:latest"');

const whyNoPath = textThat((path) => path.trim() !== "", 'the path of a file, such as "ci.tar.zst"');

const values: Readonly<Record<string, WhyNot>> = {
    archive: whyNoPath,
    image: whyNoImage,
    volume: textThat((name) => /^[a-zA-Z0-9][\w.-]+$/.test(name), "a volume's name"),
    helperImage: whyNoImage,
    overwrite: (value) => (typeof value === "boolean" ? undefined : `${quote(value)} is not true or false`),
};

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
        const reason = whyNoPath(value);
        return reason === undefined ? [] : [{ property, reason: `${reason}, nor one of ${forms}` }];
    }
    const legal = [...places, ...options];
    const given = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
    const failures = given.flatMap(([key, each]) => {
        const at = `${property}.${key}`;
        if (!legal.includes(key)) return [{ property: at, reason: `there is no ${key}: ${didYouMean(key, legal)}` }];
        const reason = each === unknown ? undefined : values[key]?.(each);
        return reason === undefined ? [] : [{ property: at, reason }];
    });
    const named = given.filter(([key]) => places.includes(key)).length;
    if (failures.length === 0 && named !== 1)
        return [{ property, reason: `it names ${named === 0 ? "no place" : "several places"}: write one of ${forms}` }];
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
