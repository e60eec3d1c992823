/** The types of an entry in the table of driver options. */
import type { ContainerCreateOptions, ContainerInspectInfo, HostConfig } from "dockerode";
import type * as v from "valibot";
import type { DriverOptions } from "../../../buildx/driverOptions";
import type { EngineTraits, LimitTrait } from "../../../docker/engine/engine";

/** Values that an image sets itself. They hold unless the container overrides them. */
export interface ImageDefaults {
    readonly env: Record<string, string>;
    readonly labels: Record<string, string>;
}

/** Facts that an option's value depends on and that a container's inspection does not have. */
export interface OptionSurroundings {
    readonly engine: EngineTraits;
    /** The network as an option names it. An inspection may have its ID instead. */
    readonly network: string;
    readonly ofImage: ImageDefaults;
}

interface AnyOption<Text> {
    /** The driver's spelling: `--driver-opt <spelling>=<value>`, and the key in buildx's record. */
    readonly buildx: string;
    /** The values that are valid for the option by itself. */
    readonly rule: v.GenericSchema<Text>;
}

/** An option that only buildx's record stores. A change writes the record; a container does not show the option. */
export interface RecordOption<Text = unknown> extends AnyOption<Text> {
    readonly change: "record only";
}

// The fields below are methods, not properties of a function type, so that a loop over the table can pass values of any
// type.

interface ContainerOption<Text, Value> extends AnyOption<Text> {
    /**
     * Returns the value of a user's `text`, in one form for all spellings.
     *
     * @param text `undefined` for the default.
     * @param all the options that the user set, including this one.
     */
    parse(text: Text | undefined, all: DriverOptions): Value;
    /**
     * Returns the text that `parse` reads as `value`; `undefined` for the default.
     *
     * @param found the container's limits, on which the default of another limit depends.
     */
    format(value: Value, found: { readonly memory?: number }): Text | undefined;
    /** Returns the value that a container was created with, in the form of `parse`. */
    read(container: ContainerInspectInfo, around: OptionSurroundings): Value;
    /**
     * Whether the value of a container equals the desired value.
     * @default `===`
     */
    same?(this: void, found: Value, wanted: Value, ofImage: ImageDefaults | undefined): boolean;
}

/** A limit, which the engine changes on a running container. 0 or "" means no limit. */
export interface LimitOption<Text = unknown, Value = unknown> extends ContainerOption<Text, Value> {
    readonly change: "in place";
    /**
     * The field of `docker info` that is false if the engine's host cannot set the limit. The engine then ignores the
     * limit.
     */
    readonly trait: LimitTrait | undefined;
    /** Returns the parameters that change the limit on a running container. */
    update(value: Value): HostConfig;
    /**
     * Returns the parameters for the creation of a container.
     *
     * @param text as the user wrote it.
     * @default the same as `update`
     */
    create?(value: Value, text: Text | undefined): HostConfig;
}

/** An option that a container keeps for its lifetime. A change recreates the container. */
export interface FixedOption<Text = unknown, Value = unknown> extends ContainerOption<Text, Value> {
    readonly change: "recreate";
    /**
     * Returns the parameters for the creation of a container.
     *
     * @param text as the user wrote it.
     */
    create(value: Value, engine: EngineTraits, text: Text | undefined): CreatePart;
}

/** The parts of a container's create options that a driver option may set. */
export type CreatePart = Pick<ContainerCreateOptions, "Image" | "Env" | "HostConfig">;

/** How one driver option is spelled, validated, written to a container and read from it, and what its change causes. */
export type Option<Text = unknown, Value = unknown> =
    RecordOption<Text> | LimitOption<Text, Value> | FixedOption<Text, Value>;

// An entry of the table names the types of its text and its value, so that the compiler reports which field is missing.

export const recordOnly = <Text>(option: Omit<RecordOption<Text>, "change">): RecordOption<Text> => ({
    change: "record only",
    ...option,
});

export const inPlace = <Text, Value>(option: Omit<LimitOption<Text, Value>, "change">): LimitOption<Text, Value> => ({
    change: "in place",
    ...option,
});

export const recreate = <Text, Value>(option: Omit<FixedOption<Text, Value>, "change">): FixedOption<Text, Value> => ({
    change: "recreate",
    ...option,
});
