import type { Owner } from "../../provider/docker/ownership";

/** A Pulumi resource, as its URN tells it. */
export interface StackResource {
    readonly stack: string;
    readonly project: string;
    /** `BuildxBuilder` or `BuildKitState`. */
    readonly type: string;
    /** Its logical name. */
    readonly name: string;
    readonly urn: string;
}

/** The resource that a label names; `undefined` where it names none. */
export function resourceOf(owner: Owner | undefined): StackResource | undefined {
    const urn = owner?.urn ?? "";
    const [, stack, project, types, name] = /^urn:pulumi:(.*?)::(.*?)::(.*?)::(.*)$/s.exec(urn) ?? [];
    if (stack === undefined || project === undefined || types === undefined || name === undefined) return undefined;
    return { stack, project, type: types.split(":").at(-1) ?? "", name, urn };
}

/** `project/stack name` */
export const shortResource = ({ project, stack, name }: StackResource): string => `${project}/${stack} ${name}`;
