// STUB
export const configFiles = async (_: unknown): Promise<Record<string, Buffer>> => ({});
export const defaultConfigFile = async (): Promise<string | undefined> => undefined;
export const digestOfFiles = (_: unknown): string => "";
export const namesEntitlements = (_: unknown): boolean => false;
