import { daemonKeys } from "./names";

/**
 * Returns why JSON is not a valid `buildkitd.toml`; `undefined` if the text is not JSON. TOML never starts with `{`.
 */
export function whyJson(text: string): string | undefined {
    if (!text.trimStart().startsWith("{")) return undefined;
    const isDaemonJson = Object.keys(parse(text)).some((key) => key in daemonKeys);
    if (!isDaemonJson)
        return "the text is JSON, but must be TOML: use the object itself, JSON.parse(text), or a buildkitd.toml";
    return (
        "the text is the JSON of the engine's daemon.json, but buildkitd needs TOML or an object with its own keys: " +
        'instead of registry-mirrors use registry: { "docker.io": { mirrors: […] } }, instead of insecure-registries ' +
        'use registry: { "<host>": { http: true } }, and instead of builder.gc use the argument gc. ' +
        "Keep the other keys in daemon.json"
    );
}

function parse(text: string): object {
    try {
        return JSON.parse(text) as object;
    } catch {
        return {};
    }
}
