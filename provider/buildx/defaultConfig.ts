import { existsSync } from "node:fs";
import { join } from "node:path";
import { storeFolder } from "./store";

/**
 * Returns the path of `buildkitd.default.toml` in buildx's store, which is the configuration of builders without one.
 * `undefined` if the file does not exist.
 */
export function defaultConfigFile(): string | undefined {
    const path = join(storeFolder(), "buildkitd.default.toml");
    return existsSync(path) ? path : undefined;
}
