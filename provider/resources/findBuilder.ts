/** Finds a builder of any driver by its name. */
import { canonicalName } from "../buildx/names";
import { otherDriver, whyNotRead, whyUnreadableName } from "../buildx/otherDriver";
import type { BuilderOutputs } from "./builder/outputs";

/** A builder as it is now. */
export interface FoundBuilder {
    readonly outputs: BuilderOutputs;
    /** Why builds with the builder fail on this machine, and what to do. `undefined` if they do not fail. */
    readonly warning: string | undefined;
}

/** By driver, the module that finds a builder of the driver. */
const finders: Readonly<Partial<Record<string, () => Promise<Finder>>>> = {
    "docker-container": () => import("./docker-container/findBuilder"),
    kubernetes: () => import("./kubernetes/findBuilder"),
    remote: () => import("./remote/findBuilder"),
};

interface Finder {
    readonly findBuilder: (name: string) => Promise<FoundBuilder>;
}

/**
 * @param name the name of the builder, as a user writes it.
 * @throws {Error} if the name is not valid, the builder is not found, its engine does not respond, or its driver is not
 *   supported.
 */
export async function findBuilder(name: string): Promise<FoundBuilder> {
    const builder = canonicalName(name);
    const illegal = whyUnreadableName(name);
    if (illegal !== undefined) throw new Error(illegal);
    const driver = (await otherDriver(builder)) ?? "docker-container";
    const finder = finders[driver];
    if (finder === undefined) throw new Error(whyNotRead(builder, driver));
    return (await finder()).findBuilder(builder);
}
