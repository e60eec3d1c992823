/** Options of the local volume driver that contain sizes. */
import { nearestSize, parseSize } from "../../text/dockerValues";

/** The sizes of a tmpfs that Linux accepts (kernel: `lib/cmdline.c`, `memparse`), or a percentage of the memory. */
const kernelSize = /^(?:\d+[kmgtpe]?|\d+%)$/i;

/** Returns why a size in options of the local driver is not valid, or `undefined` if the options are valid. */
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
