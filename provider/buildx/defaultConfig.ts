import { access } from "node:fs/promises";
import { join } from "node:path";
import { storeFolder } from "./store";

/**
 * Returns the path of `buildkitd.default.toml` in buildx's store, which is the configuration of builders without one.
 * `undefined` if the file does not exist.
 */
export async function defaultConfigFile(): Promise<string | undefined> {
    const path = join(storeFolder(), "buildkitd.default.toml");
    return access(path).then(
        () => path,
        () => undefined,
    );
}
