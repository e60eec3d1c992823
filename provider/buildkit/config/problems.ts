import { belongTogether, whyUnusable } from "../../docker/pem";
import { type FileArgument, type Problem, readConfig } from "./read";
import type { BuildkitdConfig } from "./types";

/** All that is wrong with a configuration, the files that it names included. */
export async function problemsOfConfig(config: string | BuildkitdConfig): Promise<Problem[]> {
    const { problems, files } = await readConfig(config);
    const ofFiles = await Promise.all(
        files.map(async ({ path, holds, value }) => {
            const reason = await whyUnusable(holds, value);
            return reason === undefined ? [] : [{ path, reason }];
        }),
    );
    const found = [...problems, ...ofFiles.flat()];
    return found.length > 0 ? found : problemsOfPairs(files);
}

/** Keys that are not those of the certificates beside them. */
async function problemsOfPairs(files: readonly FileArgument[]): Promise<Problem[]> {
    const beside = ({ path }: FileArgument) => path.slice(0, -1).join("\n");
    const ofKeys = files
        .filter(({ holds }) => holds === "key")
        .map(async (key) => {
            const certificate = files.find((file) => file !== key && beside(file) === beside(key));
            if (certificate === undefined || (await belongTogether(certificate.value, key.value))) return [];
            return [{ path: key.path, reason: "it is not the key of the certificate beside it" }];
        });
    return (await Promise.all(ofKeys)).flat();
}
