import { createHash, randomBytes } from "node:crypto";
import { dynamicUrn } from "../../text/urn";

/**
 * Returns `<logical name>-<7 hex digits>`. The digits are random, unless the name is fixed. They then are a digest of the
 * URN: the same resource gets the same name again and finds what it kept.
 */
export function automaticName(urn: string, { isFixed = false } = {}): string {
    const logical = (urn.split("::").at(-1) ?? "").replace(/[^a-zA-Z0-9._-]+/g, "-").replace(/^[^a-zA-Z]+/, "");
    const digits = isFixed
        ? createHash("sha256").update(dynamicUrn(urn)).digest("hex")
        : randomBytes(4).toString("hex");
    return `${logical || "builder"}-${digits.slice(0, 7)}`.toLowerCase();
}
