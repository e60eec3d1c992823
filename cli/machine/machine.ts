import { driver } from "../../provider/buildx/store";
import { lookAtEngines } from "./engines";
import type { Machine } from "./facts";
import type { Depth } from "./containers";
import { type Asked, isAskedRecord } from "./names";
import { lookAtStore } from "./store";

/**
 * Reads the records, then inspects in parallel the engines that they name and the engine that the docker CLI uses.
 *
 * @param asked names of builders, nodes, containers or volumes. Engines of other builders are not queried.
 */
export async function lookAround(asked: Asked, depth: Depth): Promise<Machine> {
    const store = await lookAtStore();
    const meant = store.records.filter((record) => record.driver === driver && isAskedRecord(asked, record));
    const nodes = meant.flatMap((record) => record.nodes);
    return { store, engines: await lookAtEngines(nodes, asked, depth) };
}
