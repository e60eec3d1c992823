/** Builders of other drivers than `docker-container`, of which this package can only say what they are. */
import { driver, readRecord } from "../buildx/store";
import { isContext } from "../docker/context";

/**
 * Returns the driver of a builder, if it is another one than `docker-container`: the one in its record, or `docker` for the
 * builder that buildx has for each docker context (buildx: `store/storeutil/storeutil.go`, `GetNodeGroup`).
 *
 * @param name in lower case.
 */
export async function otherDriver(name: string): Promise<string | undefined> {
    const record = await readRecord(name);
    if (record.is === "present") return otherDriverOf(record.nodeGroup);
    if (record.is === "unreadable") return undefined;
    return name === "default" || (await isContext(name)) ? "docker" : undefined;
}

/** The same of a record; one of an old buildx names no driver where it is the default one. */
export const otherDriverOf = ({ Driver: found }: { Driver?: string }): string | undefined =>
    found && found !== driver ? found : undefined;

/**
 * @param failed what cannot be done, such as `builder "farm" cannot be read`.
 * @param instead the command that does it.
 */
export const whyOtherDriver = (failed: string, found: string, instead: string): string =>
    `${failed}: its driver is ${found}, and only builders of the ${driver} driver are supported. Use instead: ${instead}`;
