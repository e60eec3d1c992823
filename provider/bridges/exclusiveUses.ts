/**
 * Finds resources of one deployment that would use the same thing although only one resource can use it at a time, for
 * example two builders with one state. Pulumi starts one provider process for each deployment. The process checks all
 * resources of the deployment, whatever language the program is written in.
 */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import type { Call, ExclusiveUse } from "./lifecycle";

/**
 * Registers everything that a resource uses exclusively, in place of what the resource used at its last check.
 *
 * @returns a failure for each thing that another resource uses already.
 */
export type RegisterUses = (call: Pick<Call, "urn" | "previousUrn">, uses: readonly ExclusiveUse[]) => CheckFailure[];

/** Creates an empty register. A bridge needs one register for each deployment. */
export function registerOfUses(): RegisterUses {
    /** By the key of a used thing, the URN of its user. */
    const users = new Map<string, string>();
    return ({ urn, previousUrn }, uses) => {
        for (const [key, user] of users) if (user === urn) users.delete(key);
        const failures: CheckFailure[] = [];
        for (const { key, property, reason } of uses) {
            const user = users.get(key);
            // A renamed resource with an alias may still be registered under its previous URN. All parts of one
            // resource, for example the nodes of a builder, are one user.
            if (user === undefined || user === urn || user === previousUrn) users.set(key, urn);
            else failures.push({ property, reason: reason(user) });
        }
        return failures;
    };
}
