import { belongTogether, whyInvalidPem } from "../../pem";
import { isInStateFolder, outsideOfState } from "../stateFolder";
import { type FileArgument, type Problem, readConfig, type Table } from "./read";
import { problemsOfRegistries } from "./registries";
import type { BuildkitdConfig } from "./types";

/**
 * Returns everything that is wrong with a configuration and with the files that it names.
 *
 * @param options.isWhole whether all values of the configuration are known. If not, incomplete key pairs are accepted.
 */
export async function problemsOfConfig(config: string | BuildkitdConfig, { isWhole = true } = {}): Promise<Problem[]> {
    const { problems, files, table } = await readConfig(config);
    const ofKeys = problems.filter(({ isWarning }) => !isWarning);
    const ofFiles = await Promise.all(
        files.map(async ({ path, holds, value }) => {
            const reason = await whyInvalidPem(holds, value);
            return reason === undefined ? [] : [{ path, reason }];
        }),
    );
    const ofMeaning = ofKeys.length > 0 ? [] : [...problemsOfMeaning(table), ...(isWhole ? halvesOfPairs(table) : [])];
    const found = [...ofKeys, ...ofFiles.flat(), ...ofMeaning.filter(({ isWarning }) => !isWarning)];
    return found.length > 0 ? found : problemsOfPairs(files);
}

/** Returns values of a valid configuration that are probably not the intended ones. */
export async function warningsOfConfig(config: string | BuildkitdConfig): Promise<Problem[]> {
    const { problems, table } = await readConfig(config);
    return [...problems, ...problemsOfMeaning(table)].filter(({ isWarning }) => isWarning);
}

/** Returns settings that buildkitd accepts and that do not have the intended effect. */
const problemsOfMeaning = (table: Table): Problem[] => [...problemsOfRoot(table), ...problemsOfRegistries(table)];

function problemsOfRoot({ root }: Table): Problem[] {
    if (typeof root !== "string" || root === "" || isInStateFolder(root)) return [];
    return [{ path: ["root"], reason: outsideOfState }];
}

/** Returns keys without certificates and certificates without keys. BuildKit cannot use them. */
function halvesOfPairs({ registry }: Table): Problem[] {
    const registries = Object.entries((registry ?? {}) as Record<string, { keypair?: object[] } | undefined>);
    return registries.flatMap(([host, { keypair = [] } = {}]) =>
        keypair.flatMap((pair, index) =>
            ["key", "cert"]
                .filter((part) => !(part in pair))
                .map((part) => {
                    const path = ["registry", host, "keypair", index];
                    return { path, reason: `${part} is missing: write { key, cert }, each a path or PEM text` };
                }),
        ),
    );
}

/** Returns keys that do not belong to the certificates in the same tables. */
async function problemsOfPairs(files: readonly FileArgument[]): Promise<Problem[]> {
    const beside = ({ path }: FileArgument) => path.slice(0, -1).join("\n");
    const ofKeys = files
        .filter(({ holds }) => holds === "key")
        .map(async (key) => {
            const certificate = files.find((file) => file !== key && beside(file) === beside(key));
            if (certificate === undefined || (await belongTogether(certificate.value, key.value))) return [];
            return [{ path: key.path, reason: "the key does not belong to the certificate in the same table" }];
        });
    return (await Promise.all(ofKeys)).flat();
}
