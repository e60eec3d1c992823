/** Options of the local volume driver that contain sizes. */
import { nearestSize, parseSize } from "../../text/dockerValues";
import { invalidSize } from "../../text/quote";

/** The sizes of a tmpfs that Linux accepts (kernel: `lib/cmdline.c`, `memparse`), or a percentage of the memory. */
const kernelSize = /^(?:\d+[kmgtpe]?|\d+%)$/i;

const example = 'a number with an optional unit k, m or g, for example "20g"';

/** Returns why a size in options of the local driver is not valid, or `undefined` if the options are valid. */
export function whyIllegalSize(
    options: Readonly<Record<string, unknown>>,
): { key: string; reason: string } | undefined {
    const { type, o, size } = options;
    if (typeof size === "string" && parseSize(size) === undefined) {
        return { key: "size", reason: invalidSize(size, `must be ${example}`, nearestSize(size)) };
    }
    if (type !== "tmpfs" || typeof o !== "string") return undefined;
    const given = o.split(",").find((option) => option.trim().startsWith("size="));
    const value = given?.trim().slice("size=".length);
    if (value === undefined || kernelSize.test(value)) return undefined;
    return { key: "o", reason: invalidSize(value, `the kernel reads ${example}`, nearestSize(value)) };
}
