import type { Owner } from "../../provider/ownership";

/** A Pulumi resource, parsed from its URN. */
export interface StackResource {
    readonly stack: string;
    readonly project: string;
    /** For example `BuildxBuilder` or `BuildKitState`. */
    readonly type: string;
    /** The logical name. */
    readonly name: string;
    readonly urn: string;
}

/** Returns the resource that an ownership label names; `undefined` if it names none. */
export function resourceOf(owner: Owner | undefined): StackResource | undefined {
    const urn = owner?.urn ?? "";
    const [, stack, project, types, name] = /^urn:pulumi:(.*?)::(.*?)::(.*?)::(.*)$/s.exec(urn) ?? [];
    if (stack === undefined || project === undefined || types === undefined || name === undefined) return undefined;
    return { stack, project, type: types.split(":").at(-1) ?? "", name, urn };
}

/** Returns `project/stack name`. */
export const shortResource = ({ project, stack, name }: StackResource): string => `${project}/${stack} ${name}`;
