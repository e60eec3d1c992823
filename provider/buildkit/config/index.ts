export { problemsOfConfig, warningsOfConfig } from "./problems";
export { type Problem, readConfig, type Table } from "./read";
export { renderConfig, sorted } from "./render";
export { shown } from "./shown";
export type { BuildkitdConfig } from "./types";
