// STUB
export type BuildkitdConfig = Record<string, unknown>;
export const problemsOfConfig = async (_: unknown): Promise<{ path: string; reason: string }[]> => [];
