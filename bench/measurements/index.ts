import type { Measurement } from "../measurement";
import { archive, restore } from "./archive";
import { cache } from "./cache";
import { create } from "./create";
import { ten } from "./createTen";
import { deletion } from "./delete";
import { createKubernetes, eachKubernetes, limitKubernetes } from "./kubernetes";
import { limit } from "./limit";
import { loadingImplementation, loadingMemory, loadingTime } from "./loading";
import { connections, memory } from "./memory";
import { pluginEach, pluginPreview, pluginPreviewInTypeScript } from "./pluginPreview";
import { pluginMemory, pluginStart } from "./pluginStart";
import { preview } from "./preview";
import { reading } from "./read";
import { createRemote, eachRemote } from "./remote";
import { refresh, upOfMany } from "./scale";
import { state } from "./state";

/** All measurements, in the order of the table. */
export const measurements: readonly Measurement[] = [
    ...create,
    ...ten,
    ...deletion,
    ...limit,
    cache,
    archive,
    restore,
    ...reading,
    createRemote,
    createKubernetes,
    limitKubernetes,
    preview,
    pluginPreview,
    pluginEach,
    pluginPreviewInTypeScript,
    eachRemote,
    eachKubernetes,
    upOfMany,
    refresh,
    pluginStart,
    pluginMemory,
    loadingTime,
    loadingMemory,
    loadingImplementation,
    ...memory,
    ...connections,
    state,
];
