/**
 * Detects builders of one program that use the same `BuildKitState` object. `check` detects two builders that use the
 * same volume (`exclusiveUses.ts`), but only if the name of the builder and the engine are known. At the preview of a
 * program that also creates the machine of the engine, only the program itself knows that both builders have one state.
 */
import * as pulumi from "@pulumi/pulumi";
import { type BuildKitState, referenceTo } from "../../state/resource";
import { stateInUse } from "./message";

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
 * Returns the values that a builder takes from its state, and registers the builder as the user of the state.
 *
 * @param user the builder. All its nodes are one user.
 * @returns plain values, because a dynamic provider does not accept a resource.
 * @throws {RunError} if another builder of this program uses the state.
 */
export function referenceFor(user: User, state: BuildKitState): ReturnType<typeof referenceTo> {
    const other = users.get(state);
    if (other !== undefined && other !== user) throw new pulumi.RunError(stateInUse(user.name, other.name));
    users.set(state, user);
    return referenceTo(state);
}
