/** Value syntax of Kubernetes (kubernetes/apimachinery: `pkg/api/resource/quantity.go`, `pkg/util/validation`). */

const quantity = /^\+?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** Whether a text is a quantity that is not negative, such as `"500m"`, `"2"` or `"4Gi"`. */
export const isQuantity = (text: string): boolean => quantity.test(text);

/** Returns the quantity that was probably meant: `"4Gi"` for `"4GiB"`, `"4G"` for `"4gb"`. `undefined` if none is near. */
export function nearestQuantity(value: unknown): string | undefined {
    if (typeof value === "number") return value >= 0 ? String(value) : undefined;
    if (typeof value !== "string") return undefined;
    const [, count, unit = "", binary = ""] = /^([\d.]+)\s*([kmgtp])(i)?b?$/i.exec(value.trim()) ?? [];
    if (count === undefined) return undefined;
    const text = `${count}${binary || unit.toLowerCase() !== "k" ? unit.toUpperCase() : "k"}${binary && "i"}`;
    return isQuantity(text) && text !== value ? text : undefined;
}

const label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const subdomain = new RegExp(`^${label}(?:\\.${label})*$`);
const qualified = /^[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;

/** Whether a text is a name of an object (a DNS subdomain). */
export const isObjectName = (text: string): boolean => text.length <= 253 && subdomain.test(text);

/** Whether a text is a name of a namespace (a DNS label). */
export const isNamespace = (text: string): boolean => text.length <= 63 && new RegExp(`^${label}$`).test(text);

/** Whether a text is a key of a label or an annotation: a name, or a prefix and a name. */
export function isKey(text: string): boolean {
    const parts = text.split("/");
    const [name = "", prefix] = parts.toReversed();
    return parts.length <= 2 && qualified.test(name) && (prefix === undefined || isObjectName(prefix));
}

/** Whether a text is a value of a label. */
export const isLabelValue = (text: string): boolean => text === "" || qualified.test(text);
