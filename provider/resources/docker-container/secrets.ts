import { type Path, secretPaths as pathsOfKeys } from "../../args/secrets";

/**
 * Property of a saved builder that repeats the arguments of its nodes. Pulumi keeps a value secret only at the property
 * where the program gave it, so the whole property must be secret.
 */
export const repeatedArguments = "__nodes";

/** Returns the paths of the secret values in the arguments of a builder, or in what Pulumi saves of a builder. */
export const secretPaths = (of: object): Path[] => [
    ...pathsOfKeys(of),
    ...(repeatedArguments in of ? [[repeatedArguments]] : []),
];
