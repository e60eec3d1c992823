/** The parts of Pulumi's package schema that this package uses (pulumi/pulumi: `pkg/codegen/schema/pulumi.json`). */

export interface TypeSpec {
    readonly type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
    readonly $ref?: string;
    readonly items?: TypeSpec;
    readonly additionalProperties?: TypeSpec;
}

export interface PropertySpec extends TypeSpec {
    readonly description: string;
    readonly secret?: true;
    readonly willReplaceOnChanges?: true;
    readonly deprecationMessage?: string;
}

export interface ObjectSpec {
    readonly description?: string;
    readonly type: "object";
    readonly properties: Readonly<Record<string, PropertySpec>>;
    readonly required?: readonly string[];
}

export interface ResourceSpec {
    readonly description: string;
    readonly properties: Readonly<Record<string, PropertySpec>>;
    readonly required?: readonly string[];
    readonly inputProperties: Readonly<Record<string, PropertySpec>>;
    readonly requiredInputs?: readonly string[];
    readonly aliases?: readonly { readonly type: string }[];
}

export interface FunctionSpec {
    readonly description: string;
    readonly inputs: ObjectSpec;
    readonly outputs: ObjectSpec;
}
