/** Name of the folder, next to the plugin's `package.json`, in which the plugin keeps its compiled code. */
export const compileCacheFolder = ".compile-cache";
