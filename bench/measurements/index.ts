import type { Measurement } from "../measurement";
import { archive, restore } from "./archive";
import { cache } from "./cache";
import { create } from "./create";
import { deletion } from "./delete";
import { limit } from "./limit";
import { loadingImplementation, loadingMemory, loadingTime } from "./loading";
import { connections, memory } from "./memory";
import { pluginEach, pluginPreview, pluginPreviewInTypeScript } from "./pluginPreview";
import { pluginMemory, pluginStart } from "./pluginStart";
import { preview } from "./preview";
import { reading } from "./read";
import { state } from "./state";
import { createTen, pluginTen, pluginTenInTypeScript } from "./createTen";

/** All measurements, in the order of the table. */
export const measurements: readonly Measurement[] = [
    create,
    createTen,
    pluginTen,
    pluginTenInTypeScript,
    deletion,
    limit,
    cache,
    archive,
    restore,
    reading,
    preview,
    pluginPreview,
    pluginEach,
    pluginPreviewInTypeScript,
    pluginStart,
    pluginMemory,
    loadingTime,
    loadingMemory,
    loadingImplementation,
    memory,
    connections,
    state,
];
