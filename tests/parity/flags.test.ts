/** Compares the flag that buildx adds to buildkitd's flags with the record that `docker buildx create` writes. */
import { strict as assert } from "node:assert";
import { withDefaultEntitlement } from "../../provider/buildx/entitlements";
import { entitlementFlags } from "../support/entitlementFlags";
import { inTurns } from "../support/run";
import { withStack } from "../support/stack";

describe("parity with docker buildx create --buildkitd-flags", () => {
    it(
        "of flags in all orders and spellings",
        withStack(async (stack) => {
            const cases = entitlementFlags.flatMap(([flags]) =>
                [undefined, "host"].map((network) => ({ flags, network })),
            );
            await inTurns(cases, async ({ flags, network }, index) => {
                const name = `${stack.unique}f${index}`;
                await stack.buildx(
                    ...["create", "--name", name, "--driver", "docker-container"],
                    ...(flags.length > 0 ? ["--buildkitd-flags", flags.join(" ")] : []),
                    ...(network ? ["--driver-opt", `network=${network}`] : []),
                );
                const [node] = (await stack.record(name)).Nodes as [{ Flags: string[] | null }];
                assert.deepEqual(withDefaultEntitlement(flags, network), node.Flags, flags.join(" "));
            });
        }),
    );
});
