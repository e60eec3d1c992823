/** Returns the arguments that Pulumi saved with the outputs of a resource. */
export const withoutOutputs = <Args extends object>(saved: Args, outputs: readonly string[]): Args =>
    Object.fromEntries(Object.entries(saved).filter(([key]) => !outputs.includes(key))) as Args;
