/** buildx's current builder. */
import type { Cause } from "../../bridges/lifecycle";
import { type Choice, choiceOf } from "../../buildx/current";
import { currentEndpoint } from "../../docker/endpoint/endpoint";

/** A step that changes buildx's current builder. */
export type ChoiceStep = Cause &
    ({ readonly do: "use"; readonly name: string } | { readonly do: "stopUsing"; readonly name: string });

/** Returns whether buildx uses a builder when no builder is named. */
export const observeChoice = async (name: string): Promise<Choice> => choiceOf(name, await currentEndpoint());

/**
 * Returns the step that changes buildx's current builder. Without `use` the choice is the user's: it is undone only if
 * this package made it.
 *
 * @param use the argument `use`.
 * @param wasUsed the argument `use` of the previous update.
 */
export function planChoice(name: string, use: boolean, choice: Choice, wasUsed: boolean): ChoiceStep[] {
    const properties = ["use"];
    if (use && choice !== "current") {
        const why = wasUsed ? "the builder is not the current builder any more" : "use is true";
        return [{ do: "use", name, why, properties, isDrift: wasUsed }];
    }
    if (!use && wasUsed && choice !== "no") {
        return [{ do: "stopUsing", name, why: "use is no longer true", properties, isDrift: false }];
    }
    return [];
}
