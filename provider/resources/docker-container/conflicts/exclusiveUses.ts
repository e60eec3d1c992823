/** Detects builders of one program that use one state. At the first preview, the engine has no container yet. */
import type { Call, ExclusiveUse } from "../../../bridges/lifecycle";
import { findEndpoint } from "../../../docker/endpoint/endpoint";
import { logicalName } from "../../../text/urn";
import type { BuilderInputs } from "../args";
import { stateInUse } from "./message";
import { usedStates } from "./usedStates";

/**
 * Returns the state volumes that a builder uses, each with its engine. Equal names on two engines are two volumes. The
 * argument `adopt` makes no difference: two builders of one program cannot both take over a container.
 */
export async function exclusiveUses({ urn }: Pick<Call, "urn">, inputs: BuilderInputs): Promise<ExclusiveUse[]> {
    const uses = usedStates(inputs).map(async ({ property, volume, endpoint, tls }): Promise<ExclusiveUse[]> => {
        // `check` reports an endpoint that is not found.
        const found = await findEndpoint(endpoint, tls).catch(() => undefined);
        if (found === undefined) return [];
        const reason = (user: string) => stateInUse(logicalName(urn), logicalName(user));
        return [{ key: `${volume} on ${found.host}`, property, reason }];
    });
    return (await Promise.all(uses)).flat();
}
