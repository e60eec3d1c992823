/**
 * Detects builders of one program that use one state. buildkitd locks its state, so the second builder cannot boot. At
 * the first preview the engine has no container yet from which `shared.ts` could detect it, but the program knows its
 * builders.
 */
import * as pulumi from "@pulumi/pulumi";
import { type BuildKitState, referenceTo } from "../../state/resource";

/**
 * A builder while it is constructed. Each builder has its own object, because builders with different parents may have
 * the same name.
 */
export interface User {
    /** The logical name of the builder. */
    readonly name: string;
}

/** The builder of this program that uses a state. An entry lasts as long as the program keeps the state. */
const users = new WeakMap<BuildKitState, User>();

/**
 * Returns the values that a builder needs from its state, and registers the builder as the user of the state.
 *
 * @param user the builder. All its nodes are one user.
 * @returns plain values, because a resource itself cannot be passed to a dynamic provider.
 * @throws {RunError} if another builder of this program uses the state.
 */
export function referenceFor(user: User, state: BuildKitState): ReturnType<typeof referenceTo> {
    const other = users.get(state);
    if (other !== undefined && other !== user) {
        const another = other.name === user.name ? "another " : "";
        throw new pulumi.RunError(
            `BuildxBuilder "${user.name}" cannot work on the state that ${another}BuildxBuilder "${other.name}" works on: ` +
                `buildkitd locks its state. Give "${user.name}" a BuildKitState of its own`,
        );
    }
    users.set(state, user);
    return referenceTo(state);
}
