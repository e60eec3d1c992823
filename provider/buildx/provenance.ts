import { readFile } from "node:fs/promises";

/** File below `/etc/buildkit` from which BuildKit reads extra fields for provenance attestations. */
export const provenanceFile = "provenance.d/github_actions_context.json";

/** Groups of variables. buildx uses either all variables of a group or none. */
const groups: readonly (readonly string[])[] = [
    ["GITHUB_ACTOR", "GITHUB_ACTOR_ID", "GITHUB_TRIGGERING_ACTOR"],
    ["GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_REF_PROTECTED", "GITHUB_REF_TYPE"],
    ["GITHUB_REPOSITORY", "GITHUB_REPOSITORY_ID", "GITHUB_REPOSITORY_OWNER", "GITHUB_REPOSITORY_OWNER_ID"],
    [
        "GITHUB_JOB",
        "GITHUB_RUN_ATTEMPT",
        "GITHUB_RUN_ID",
        "GITHUB_RUN_NUMBER",
        "GITHUB_SERVER_URL",
        "GITHUB_WORKFLOW",
        "GITHUB_WORKFLOW_REF",
        "GITHUB_WORKFLOW_SHA",
    ],
    ["ImageOS", "ImageVersion", "RUNNER_OS", "RUNNER_ARCH", "RUNNER_ENVIRONMENT", "RUNNER_NAME", "RUNNER_TRACKING_ID"],
];

/** Returns the field for a variable: `github_runner_os` for `RUNNER_OS`, `github_runner_image_os` for `ImageOS`. */
function key(variable: string): string {
    if (variable.startsWith("Image")) return `github_runner_image_${variable.slice("Image".length).toLowerCase()}`;
    if (variable.startsWith("RUNNER_")) return `github_${variable.toLowerCase()}`;
    return variable.toLowerCase();
}

/**
 * Returns the JSON that buildx passes to BuildKit about the GitHub Actions run that boots it. `undefined` outside of
 * GitHub Actions. This is the driver's option `provenance-add-gha` (buildx: `util/ghutil`).
 */
export async function githubActionsContext(env: NodeJS.ProcessEnv): Promise<Buffer | undefined> {
    const { GITHUB_ACTIONS: active = "", GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: path } = env;
    if (!["1", "t", "true"].includes(active.toLowerCase()) || !event || !path) return undefined;
    const context: Record<string, unknown> = {
        github_event_name: event,
        github_event_payload: JSON.parse(await readFile(path, "utf8")),
    };
    for (const group of groups) {
        if (!group.every((variable) => env[variable])) continue;
        for (const variable of group) context[key(variable)] = env[variable];
    }
    const inOrder = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
    return Buffer.from(JSON.stringify(Object.fromEntries(inOrder)));
}
