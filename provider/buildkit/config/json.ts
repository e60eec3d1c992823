import { daemonKeys } from "./names";

/**
 * Returns why JSON is not a valid `buildkitd.toml`; `undefined` if the text is not JSON. TOML never starts with `{`.
 */
export function whyJson(text: string): string | undefined {
    if (!text.trimStart().startsWith("{")) return undefined;
    const isDaemons = Object.keys(parse(text)).some((key) => key in daemonKeys);
    if (!isDaemons)
        return "this is JSON, and a text has to be TOML: give the object itself, JSON.parse(text), or a buildkitd.toml";
    return (
        "this is JSON, as in the engine's daemon.json, and buildkitd takes TOML or an object with keys of its own: " +
        'registry-mirrors is registry: { "docker.io": { mirrors: […] } } there, insecure-registries is ' +
        'registry: { "<host>": { http: true } }, and builder.gc is the argument gc; the rest stays in daemon.json'
    );
}

function parse(text: string): object {
    try {
        return JSON.parse(text) as object;
    } catch {
        return {};
    }
}
