/** What an entry of the table of driver options says. */
import type { ContainerCreateOptions, ContainerInspectInfo, HostConfig } from "dockerode";
import type * as v from "valibot";
import type { DriverOptions } from "../../buildx/driverOptions";
import type { EngineTraits, LimitTrait } from "../../docker/engine";

/** What an image sets itself. It holds unless the container overrides it. */
export interface ImageDefaults {
    readonly env: Record<string, string>;
    readonly labels: Record<string, string>;
}

/** What a container's inspection does not say, and the value of an option depends on. */
export interface OptionSurroundings {
    readonly engine: EngineTraits;
    /** The network as an option names it, which an inspection may name by its id. */
    readonly network: string;
    readonly ofImage: ImageDefaults;
}

interface AnyOption<Text> {
    /** The driver's spelling: `--driver-opt <spelling>=<value>`, and the key in buildx's record. */
    readonly buildx: string;
    /** What a value may be by itself. */
    readonly rule: v.GenericSchema<Text>;
}

/** An option that only buildx's record holds: a change writes the record, and a container does not show it. */
export interface RecordOption<Text = unknown> extends AnyOption<Text> {
    readonly change: "record only";
}

// Methods rather than properties that are functions: a loop over the table can then pass on values of any type.

interface ContainerOption<Text, Value> extends AnyOption<Text> {
    /**
     * Returns the value that a user's `text` stands for, in one form for all its spellings.
     *
     * @param text `undefined` for the default.
     * @param asked the other options.
     */
    parse(text: Text | undefined, asked: DriverOptions): Value;
    /**
     * Returns the text that `parse` reads as `value`; `undefined` for the default.
     *
     * @param found the container's limits on which the default of another one depends.
     */
    format(value: Value, found: { readonly memory?: number }): Text | undefined;
    /** Returns the value that a container was created with, in the form of `parse`. */
    read(container: ContainerInspectInfo, around: OptionSurroundings): Value;
    /** Whether the value of a container is the wanted one; if left out, `===`. */
    same?(this: void, found: Value, wanted: Value, ofImage: ImageDefaults | undefined): boolean;
}

/** A limit, which the engine changes on a running container. A limit of 0 or "" is none. */
export interface LimitOption<Text = unknown, Value = unknown> extends ContainerOption<Text, Value> {
    readonly change: "in place";
    /** The field of `docker info` that is false if the engine's host cannot set the limit; the engine then drops it. */
    readonly trait: LimitTrait | undefined;
    /** Returns what the engine is told to change on a running container. */
    update(value: Value): HostConfig;
    /**
     * Returns what a container is created with; if left out, the same as `update`.
     *
     * @param text as the user wrote it.
     */
    create?(value: Value, text: Text | undefined): HostConfig;
}

/** An option that a container keeps for its life: a change creates the container again. */
export interface FixedOption<Text = unknown, Value = unknown> extends ContainerOption<Text, Value> {
    readonly change: "recreate";
    /**
     * Returns what a container is created with.
     *
     * @param text as the user wrote it.
     */
    create(value: Value, engine: EngineTraits, text: Text | undefined): CreatePart;
}

/** The parts of a container's options that a driver option may set. */
export type CreatePart = Pick<ContainerCreateOptions, "Image" | "Env" | "HostConfig">;

/** How one driver option is spelled, checked, written into a container and read back, and what its change costs. */
export type Option<Text = unknown, Value = unknown> =
    RecordOption<Text> | LimitOption<Text, Value> | FixedOption<Text, Value>;

// An entry of the table names the types of its text and its value, so that the compiler says which field is missing.

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
