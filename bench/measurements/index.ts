import type { Measurement } from "../measurement";
import { archive, restore } from "./archive";
import { cache } from "./cache";
import { create } from "./create";
import { deletion } from "./delete";
import { limit } from "./limit";
import { loadingImplementation, loadingMemory, loadingTime } from "./loading";
import { connections, memory } from "./memory";
import { preview } from "./preview";
import { reading } from "./read";
import { state } from "./state";
import { createTen } from "./createTen";

/** All measurements, in the order of the table. */
export const measurements: readonly Measurement[] = [
    create,
    createTen,
    deletion,
    limit,
    cache,
    archive,
    restore,
    reading,
    preview,
    loadingTime,
    loadingMemory,
    loadingImplementation,
    memory,
    connections,
    state,
];
