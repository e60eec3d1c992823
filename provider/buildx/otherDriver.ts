/** Builders whose driver is not `docker-container`. Most of this package can only report their driver. */
import { canonicalName, whyIllegalName } from "./names";
import { driver, readRecord } from "./store";
import { isContext } from "../docker/endpoint/context";

/**
 * Returns the driver of a builder if it is not `docker-container`. This is the driver in the builder's record, or
 * `docker` for the builder that buildx has for each docker context (buildx: `store/storeutil/storeutil.go`,
 * `GetNodeGroup`).
 *
 * @param name in lower case.
 */
export async function otherDriver(name: string): Promise<string | undefined> {
    const record = await readRecord(name);
    if (record.is === "present") return otherDriverOf(record.nodeGroup);
    if (record.is === "unreadable") return undefined;
    return name === "default" || isContext(name) ? "docker" : undefined;
}

/**
 * Returns the driver in a record if it is not `docker-container`. Records of old buildx versions do not name the
 * default driver.
 */
export const otherDriverOf = ({ Driver: found }: { Driver?: string }): string | undefined =>
    found && found !== driver ? found : undefined;

/**
 * Returns the message for a builder whose driver is not supported.
 *
 * @param failed what cannot be done, for example `builder "farm" cannot be read`.
 * @param instead the command to use instead.
 */
export const whyOtherDriver = (failed: string, found: string, instead: string): string =>
    `${failed}: its driver is ${found}, and only builders of the ${driver} driver are supported. Use instead: ${instead}`;

/** Returns the message for a builder that cannot be read because its driver is not supported. */
export const whyNotRead = (name: string, other: string): string =>
    whyOtherDriver(
        `builder "${name}" cannot be read`,
        other,
        `${resources[other] === undefined ? "" : `${resources[other]}, getBuilder, or `}docker buildx inspect ${name}`,
    );

/** By driver, the resource for its builders. */
const resources: Readonly<Partial<Record<string, string>>> = {
    remote: "RemoteBuilder",
    kubernetes: "KubernetesBuilder",
};

/**
 * Returns why a builder of that name cannot be read. `undefined` if the name is valid. `default` is buildx's builder of
 * the driver `docker`.
 *
 * @param name as a user writes it.
 */
export const whyUnreadableName = (name: string): string | undefined =>
    canonicalName(name) === "default" ? whyNotRead("default", "docker") : whyIllegalName(name);
