/**
 * Builders of one program on one state: buildkitd locks its state, so that the second one cannot boot. At the first
 * preview there is no container yet by which an engine could tell of it (`shared.ts`); the program itself can.
 */
import * as pulumi from "@pulumi/pulumi";
import { type BuildKitState, referenceTo } from "../state/resource";

/** A builder while it is constructed. Each is an object of its own, since under several parents names may be the same. */
export interface User {
    /** The logical name. */
    readonly name: string;
}

/** Which builder of this program works on a state. It lasts as long as the program has the state. */
const users = new WeakMap<BuildKitState, User>();

/**
 * What a builder takes from a state that it is to work on, of which this program is told hereby.
 *
 * @param user the builder; its nodes are one user.
 * @returns plain values: a resource itself cannot be given to a dynamic provider.
 * @throws where another builder of this program works on that state.
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
