// STUB
export type BuildkitdConfig = Record<string, unknown>;
export const problemsOfConfig = async (_: unknown): Promise<{ path: string; reason: string }[]> => [];
/** The configuration as an object. */
export const tableOf = (config: unknown): Record<string, unknown> =>
    typeof config === "object" ? (config as Record<string, unknown>) : {};
