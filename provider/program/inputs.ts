import * as pulumi from "@pulumi/pulumi";

/** A plain type with `pulumi.Input` at every level. */
export type Inputs<T> = unknown extends T
    ? unknown
    : [T] extends [string | number | boolean | undefined] // as one type, because `boolean` would be split into two
      ? pulumi.Input<T>
      : T extends readonly (infer Item)[]
        ? pulumi.Input<Inputs<Item>[]>
        : pulumi.Input<{ [Key in keyof T]: Inputs<T[Key]> }>;

/** Whether the program gives a value as an output or a promise. */
export const isLater = <T>(input: pulumi.Input<T>): input is Promise<T> | pulumi.OutputInstance<T> =>
    pulumi.Output.isInstance(input) || input instanceof Promise;
