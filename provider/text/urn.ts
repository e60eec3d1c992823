/**
 * Returns the logical name of a resource: the last part of its URN
 * (`urn:pulumi:<stack>::<project>::<type>::<logical name>`).
 */
export const logicalName = (urn: string): string => urn.split("::").slice(3).join("::");
