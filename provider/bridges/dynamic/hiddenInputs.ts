/**
 * Inputs that `BuildxResource` adds to the arguments of a resource, because Pulumi sends only inputs to a dynamic
 * provider. The bridge removes the hidden inputs before it passes the arguments to a lifecycle.
 */
export interface HiddenInputs {
    /** URN of the resource. */
    readonly __urn?: string;
    /** Whether the engine may run on a machine that the same program creates. */
    readonly __mayBeStarting?: boolean;
    /** The resource option `replaceOnChanges`. */
    readonly __replaceOnChanges?: readonly string[];
    /** The paths of the properties that the program gives in their second form, for example `gcRules`. */
    readonly __secondForms?: readonly string[];
    /** Text that names the implementation. */
    readonly __provider?: string;
}

export type HiddenInput = keyof HiddenInputs;

const hiddenInputs = {
    __urn: true,
    __mayBeStarting: true,
    __replaceOnChanges: true,
    __secondForms: true,
    __provider: true,
} as const satisfies Record<HiddenInput, true>;

/** Separates a resource's arguments from the hidden inputs. */
export function splitInputs(inputs: object): { hidden: HiddenInputs; args: object } {
    const entries = Object.entries(inputs);
    const isHidden = ([key]: [string, unknown]) => key in hiddenInputs;
    return {
        hidden: Object.fromEntries(entries.filter(isHidden)),
        args: Object.fromEntries(entries.filter((entry) => !isHidden(entry))),
    };
}

/** Returns the named hidden inputs that the resource has. */
export const pickInputs = (hidden: HiddenInputs, names: readonly HiddenInput[]): HiddenInputs =>
    Object.fromEntries(names.filter((name) => hidden[name] !== undefined).map((name) => [name, hidden[name]]));

/**
 * Returns the hidden inputs that identify a saved resource. Pulumi sends no URN to `read` and `delete`. If the resource
 * did not save its URN, the saved URN of its owner is used instead.
 */
export const hiddenInSaved = (saved: object): HiddenInputs => {
    const { __urn, __owner } = saved as HiddenInputs & { readonly __owner?: { readonly urn: string } };
    const urn = __urn ?? __owner?.urn;
    return urn === undefined ? {} : { __urn: urn };
};
