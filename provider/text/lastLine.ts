/** Returns the last line of a text, without the full stop at its end. */
export const lastLine = (text: string): string => (text.trim().split(/\r?\n/).at(-1) ?? "").replace(/\.$/, "");
