/** Why a builder of any driver must not be changed. */
import type { BuilderRecord } from "../../buildx/store";

export const whyContextOfSameName = (name: string): string =>
    `builder "${name}" cannot be created: docker has a context of that name, and buildx would use the builder instead ` +
    "of the context. Choose another name";

/**
 * Returns why a record of another driver must not be changed; `undefined` if it has this driver. buildx itself refuses to
 * change the driver of a builder.
 */
export function whyOfOtherDriver(name: string, record: BuilderRecord, driver: string): string | undefined {
    if (record.is !== "present" || record.nodeGroup.Driver === driver) return undefined;
    return (
        `builder "${name}" already exists in buildx's store, with the driver ${record.nodeGroup.Driver} instead of ${driver}. ` +
        `Choose another name, or remove the builder with: docker buildx rm ${name}`
    );
}

export const whyUnmanagedRecord = (name: string): string =>
    `builder "${name}" already exists in buildx's store. ` +
    `Set adopt: true to take it over, choose another name, or remove it with: docker buildx rm ${name}`;
