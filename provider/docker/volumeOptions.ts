/** Options of the local volume driver that hold sizes. */
import { nearestSize, parseSize } from "../buildx/values";

/** What Linux reads as the size of a tmpfs (kernel: `lib/cmdline.c`, `memparse`, and a share of the memory). */
const kernelSize = /^(?:\d+[kmgtpe]?|\d+%)$/i;

/** Returns why options of the local driver hold no size where one is; `undefined` if they are well. */
export function whyIllegalSize(
    options: Readonly<Record<string, unknown>>,
): { key: string; reason: string } | undefined {
    const { type, o, size } = options;
    if (typeof size === "string" && parseSize(size) === undefined) {
        return { key: "size", reason: `"${size}" is not a size${instead(size)}` };
    }
    if (type !== "tmpfs" || typeof o !== "string") return undefined;
    const given = o.split(",").find((option) => option.trim().startsWith("size="));
    const value = given?.trim().slice("size=".length);
    if (value === undefined || kernelSize.test(value)) return undefined;
    return { key: "o", reason: `size=${value} is not a size that the kernel reads${instead(value)}` };
}

function instead(value: string): string {
    const nearest = nearestSize(value);
    return `: write ${nearest === undefined ? 'a number with an optional unit k, m or g, such as "20g"' : `"${nearest}"`}`;
}
