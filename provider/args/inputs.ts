import type * as pulumi from "@pulumi/pulumi";

/** A plain type with a `pulumi.Input` at every depth. */
export type Inputs<T> = unknown extends T
    ? unknown
    : [T] extends [string | number | boolean | undefined] // as one, or `boolean` would be two
      ? pulumi.Input<T>
      : T extends readonly (infer Item)[]
        ? pulumi.Input<Inputs<Item>[]>
        : pulumi.Input<{ [Key in keyof T]: Inputs<T[Key]> }>;
