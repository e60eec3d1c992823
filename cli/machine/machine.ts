import { driver } from "../../provider/buildx/store";
import { lookAtEngines } from "./engines";
import type { Machine } from "./facts";
import type { Depth } from "./containers";
import { type Asked, isAskedRecord } from "./names";
import { lookAtStore } from "./store";

/**
 * Looks at the records and then, all at once, at the engines that they name and the one that the docker CLI would use.
 *
 * @param asked names of builders, nodes, containers or volumes; the engines of others are not asked.
 */
export async function lookAround(asked: Asked, depth: Depth): Promise<Machine> {
    const store = await lookAtStore();
    const meant = store.records.filter((record) => record.driver === driver && isAskedRecord(asked, record));
    const nodes = meant.flatMap((record) => record.nodes);
    return { store, engines: await lookAtEngines(nodes, asked, depth) };
}
