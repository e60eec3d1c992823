/**
 * Replaces `Image` of `@pulumi/docker-build` with a resource that runs `docker buildx build`. It is for machines that
 * cannot download docker-build's plugin: the program stays as a user writes it, and the image is really built.
 *
 *   eval "$(node environment/docker-build.cjs)"    # prints `export` lines if the plugin cannot be downloaded
 *   pulumi up
 *
 * It supports the arguments that the examples use, and refuses others.
 */
"use strict";
const { execFile } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { homedir, tmpdir } = require("node:os");
const { join } = require("node:path");
const { promisify } = require("node:util");

const packageName = "@pulumi/docker-build";

/** Returns the arguments of `docker buildx build` for the arguments of an `Image`. */
function buildArguments({ builder, platforms, context, tags, load, push, buildArgs, cacheFrom, cacheTo, ...others }) {
    const unsupported = Object.keys(others).filter(
        (name) => !["contextHash", "registries", "digest", "ref", "__provider"].includes(name),
    );
    if (unsupported.length > 0) {
        throw new Error(`The replacement of docker-build's Image does not support ${unsupported.join(", ")}.`);
    }
    const cache = ({ registry }) =>
        Object.entries({ type: "registry", ...registry })
            .map(asOption)
            .join(",");
    return [
        ...["--builder", builder.name, "--platform", platforms.join(",")],
        ...(tags ?? []).flatMap((tag) => ["--tag", tag]),
        ...Object.entries(buildArgs ?? {}).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
        ...(cacheFrom ?? []).flatMap((each) => ["--cache-from", cache(each)]),
        ...(cacheTo ?? []).flatMap((each) => ["--cache-to", cache(each)]),
        ...(load ? ["--load"] : []),
        ...(push ? ["--push"] : []),
        context.location,
    ];
}

const buildxNames = { imageManifest: "image-manifest", ociMediaTypes: "oci-mediatypes" };
const asOption = ([name, value]) => `${buildxNames[name] ?? name}=${value}`;

async function build(inputs) {
    const folder = mkdtempSync(join(tmpdir(), "docker-build-"));
    try {
        const metadata = join(folder, "metadata.json");
        const args = ["buildx", "build", "--metadata-file", metadata, ...buildArguments(inputs)];
        await promisify(execFile)("docker", args, {
            env: { ...process.env, ...withLogins(folder, inputs.registries) },
        });
        const digest = JSON.parse(readFileSync(metadata, "utf8"))["containerimage.digest"];
        const [tag] = inputs.tags ?? [];
        return { digest, ref: tag === undefined ? digest : `${tag}@${digest}` };
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** Writes a configuration of docker with the logins of `registries`. Returns the variables that make docker use it. */
function withLogins(folder, registries) {
    if (registries === undefined) return {};
    const configuration = process.env.DOCKER_CONFIG ?? join(homedir(), ".docker");
    const file = join(configuration, "config.json");
    const { auths, ...settings } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    const encode = ({ username, password }) => Buffer.from(`${username}:${password}`).toString("base64");
    const logins = Object.fromEntries(registries.map((each) => [each.address, { auth: encode(each) }]));
    const cliPluginsExtraDirs = [...(settings.cliPluginsExtraDirs ?? []), join(configuration, "cli-plugins")];
    const own = { ...settings, cliPluginsExtraDirs, auths: { ...auths, ...logins } };
    writeFileSync(join(folder, "config.json"), JSON.stringify(own), { mode: 0o600 });
    return { DOCKER_CONFIG: folder, BUILDX_CONFIG: process.env.BUILDX_CONFIG ?? join(configuration, "buildx") };
}

exports.provider = {
    create: async (inputs) => ({ id: inputs.tags?.[0] ?? "image", outs: { ...inputs, ...(await build(inputs)) } }),
    update: async (_id, _olds, inputs) => ({ outs: { ...inputs, ...(await build(inputs)) } }),
    delete: async () => {}, // docker-build keeps the image as well
};

/** Pulumi saves the functions of a dynamic provider as text. They find their code in this file. */
const file = __filename;
const provider = Object.fromEntries(
    Object.keys(exports.provider).map((verb) => [verb, async (...args) => require(file).provider[verb](...args)]),
);

/** Returns a hash of the names and contents of all files in a folder. */
function hashOf(folder) {
    const hash = createHash("sha256");
    for (const name of readdirSync(folder, { recursive: true }).sort()) {
        if (statSync(join(folder, name)).isFile()) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
    }
    return hash.digest("hex");
}

function replacement(original, pulumi) {
    class Image extends pulumi.dynamic.Resource {
        constructor(name, args, options) {
            const contextHash = pulumi.output(args.context).apply(({ location }) => hashOf(location));
            super(
                provider,
                name,
                { ...args, contextHash, digest: undefined, ref: undefined },
                options,
                "docker-build",
                "Image",
            );
        }
    }
    return new Proxy(original, { get: (target, key) => (key === "Image" ? Image : target[key]) });
}

/** Whether docker-build's plugin is installed or can be downloaded. */
async function hasPlugin() {
    const { version } = require(`${packageName}/package.json`);
    const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
    if (existsSync(join(home, "plugins", `resource-docker-build-v${version}`))) return true;
    const arch = process.arch === "x64" ? "amd64" : process.arch;
    const plugin = `pulumi-resource-docker-build-v${version}-${process.platform}-${arch}.tar.gz`;
    const options = { method: "HEAD", signal: AbortSignal.timeout(5000) };
    const response = await fetch(`https://get.pulumi.com/releases/plugins/${plugin}`, options).catch(() => undefined);
    return response?.ok === true;
}

async function main() {
    if (await hasPlugin()) return;
    console.log(`export NODE_OPTIONS='--require ${__filename}' PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true`);
}

if (require.main === module) {
    void main();
} else {
    const load = Module._load;
    Module._load = function (name, parent, ...rest) {
        const loaded = load.call(this, name, parent, ...rest);
        if (name !== packageName) return loaded;
        return replacement(loaded, load.call(this, "@pulumi/pulumi", parent, ...rest));
    };
}
