/**
 * Returns the logical name of a resource: the last part of its URN
 * (`urn:pulumi:<stack>::<project>::<type>::<logical name>`).
 */
export const logicalName = (urn: string): string => urn.split("::").slice(3).join("::");

/** Returns the type of a resource from its URN, with the types of its parents: `<parent type>$<type>`. */
export const typeOf = (urn: string): string => urn.split("::")[2] ?? "";

/**
 * Returns the URN that a resource has with the dynamic provider. A resource has another type with the plugin, also in
 * the URN of each of its children.
 */
export function dynamicUrn(urn: string): string {
    const [stack, project, types = "", ...name] = urn.split("::");
    const dynamic = types.replace(/(^|\$)buildx:index:/g, "$1pulumi-nodejs:dynamic/buildx:");
    return types === dynamic ? urn : [stack, project, dynamic, ...name].join("::");
}

/** Whether two URNs are of one resource, with the dynamic provider or with the plugin. */
export const isSameResource = (one: string, other: string): boolean =>
    one === other || dynamicUrn(one) === dynamicUrn(other);
