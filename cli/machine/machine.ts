import { driver } from "../../provider/buildx/store";
import { collectEngines } from "./engines";
import type { Machine } from "./facts";
import { collectFarNodes } from "./farNodes";
import type { Depth } from "./containers";
import { type RequestedNames, isRequestedRecord } from "./names";
import { collectStore } from "./store";

/**
 * Reads the records, then inspects in parallel the engines, daemons and clusters that they name, and the engine that the
 * docker CLI uses.
 *
 * @param requested names of builders, nodes, containers or volumes. Engines of other builders are not queried.
 */
export async function collectMachine(requested: RequestedNames, depth: Depth): Promise<Machine> {
    const store = await collectStore();
    const meant = store.records.filter((record) => record.driver === driver && isRequestedRecord(requested, record));
    const nodes = meant.flatMap((record) => record.nodes);
    const [engines, farNodes] = await Promise.all([
        collectEngines(nodes, requested, depth),
        collectFarNodes(store.records.filter((record) => isRequestedRecord(requested, record))),
    ]);
    return { store, engines, ...farNodes };
}
