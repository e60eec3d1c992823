/** The flag that buildx adds to buildkitd's arguments, as `docker buildx create` writes it into its record. */
import { strict as assert } from "node:assert";
import { withDefaultEntitlement } from "../../provider/buildx/entitlements";
import { entitlementFlags } from "../support/entitlementFlags";
import { withProject } from "../support/project";

describe("parity with docker buildx create --buildkitd-flags", () => {
    it(
        "of arguments in all orders and spellings",
        withProject(async (project) => {
            for (const [index, [flags]] of entitlementFlags.entries()) {
                for (const network of [undefined, "host"]) {
                    const name = `${project.unique}f${index}${network ?? ""}`;
                    await project.buildx(
                        ...["create", "--name", name, "--driver", "docker-container"],
                        ...(flags.length > 0 ? ["--buildkitd-flags", flags.join(" ")] : []),
                        ...(network ? ["--driver-opt", `network=${network}`] : []),
                    );
                    const [node] = (await project.record(name)).Nodes as [{ Flags: string[] | null }];
                    assert.deepEqual(withDefaultEntitlement(flags, network), node.Flags, flags.join(" "));
                }
            }
        }),
    );
});
