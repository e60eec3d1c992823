export { problemsOfConfig } from "./problems";
export { readConfig, type Table } from "./read";
export { renderConfig, sorted } from "./render";
export type { BuildkitdConfig } from "./types";
