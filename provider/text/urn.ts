/**
 * Returns the logical name of a resource: the last part of its URN
 * (`urn:pulumi:<stack>::<project>::<type>::<logical name>`).
 */
export const logicalName = (urn: string): string => urn.split("::").slice(3).join("::");

/** Returns the type of a resource from its URN, with the types of its parents: `<parent type>$<type>`. */
export const typeOf = (urn: string): string => urn.split("::")[2] ?? "";
