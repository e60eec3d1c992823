/**
 * Returns the error message for a builder whose state another builder of the same program uses.
 *
 * @param name the logical name of the builder.
 * @param other the logical name of the other builder. Builders with different parents may have the same name.
 */
export const stateInUse = (name: string, other: string): string =>
    `BuildxBuilder "${name}" cannot use the state that ${other === name ? "another " : ""}BuildxBuilder "${other}" uses: ` +
    `buildkitd locks its state. Give "${name}" a BuildKitState of its own.`;
