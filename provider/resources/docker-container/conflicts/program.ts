/**
 * Detects builders of one program that use the same `BuildKitState` object. `check` detects two builders that use the
 * same volume (`exclusiveUses.ts`), but only if the name of the builder and the engine are known. At the preview of a
 * program that also creates the machine of the engine, only the program itself knows that both builders have one state.
 */
import * as pulumi from "@pulumi/pulumi";
import type { BuildKitState } from "../../state/resource";
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
 * Registers a builder as the user of a state.
 *
 * @param user the builder. All its nodes are one user.
 * @throws {RunError} if another builder of this program uses the state.
 */
export function registerUser(user: User, state: BuildKitState): void {
    const other = users.get(state);
    if (other !== undefined && other !== user) throw new pulumi.RunError(stateInUse(user.name, other.name));
    users.set(state, user);
}
