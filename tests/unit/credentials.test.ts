import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authsInEnvironment } from "../../provider/docker/endpoint/configFile";
import { registryCredentials } from "../../provider/registry/credentials";

const hub = "https://index.docker.io/v1/";
const login = (user: string) => ({ auth: Buffer.from(`${user}:a:secret`).toString("base64") });

/** Whose login each registry gets, with these in docker's config.json and in DOCKER_AUTH_CONFIG. */
async function usersOf(config: object, environment: string | undefined, ...domains: string[]) {
    const { DOCKER_CONFIG: folderBefore, DOCKER_AUTH_CONFIG: textBefore } = process.env;
    const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
    try {
        process.env.DOCKER_CONFIG = folder;
        if (environment === undefined) delete process.env.DOCKER_AUTH_CONFIG;
        else process.env.DOCKER_AUTH_CONFIG = environment;
        await writeFile(join(folder, "config.json"), JSON.stringify(config));
        const found = [];
        for (const domain of domains) {
            const { auth, problem } = await registryCredentials(domain);
            const { username, password, serveraddress } = (auth ?? {}) as Record<string, string>;
            if (auth !== undefined)
                assert.deepEqual([password, serveraddress], ["a:secret", domain === "docker.io" ? hub : domain]);
            found.push(problem === undefined ? username : { username, problem });
        }
        return found;
    } finally {
        for (const [key, value] of [
            ["DOCKER_CONFIG", folderBefore],
            ["DOCKER_AUTH_CONFIG", textBefore],
        ] as const) {
            if (value === undefined) delete process.env[key];
            else process.env[key] = value;
        }
        await rm(folder, { recursive: true, force: true });
    }
}

describe("the login of a registry", () => {
    it("is Docker Hub's for Docker's other registries, which have none of their own", async () => {
        const config = { auths: { [hub]: login("hub") } };
        const domains = ["docker.io", "dhi.io", "registry.scout.docker.com", "ghcr.io"];
        assert.deepEqual(await usersOf(config, undefined, ...domains), ["hub", "hub", "hub", undefined]);
        const own = { auths: { ...config.auths, "dhi.io": login("own") } };
        assert.deepEqual(await usersOf(own, undefined, ...domains), ["hub", "own", "hub", undefined]);
        const inEnvironment = JSON.stringify({ auths: { [hub]: login("environment") } });
        assert.deepEqual(await usersOf({}, inEnvironment, "dhi.io"), ["environment"]);
    });

    it("is that of DOCKER_AUTH_CONFIG before all others, for the registries that it names", async () => {
        const config = { auths: { "a.example": login("file"), "b.example": login("file") }, credHelpers: {} };
        const environment = JSON.stringify({ auths: { "a.example": login("environment") } });
        assert.deepEqual(await usersOf(config, environment, "a.example", "b.example"), ["environment", "file"]);
        const helper = { credHelpers: { "a.example": "not-there" } };
        assert.deepEqual(await usersOf(helper, environment, "a.example"), ["environment"]);
    });

    it("is looked for elsewhere where DOCKER_AUTH_CONFIG is malformed, which is said without its content", async () => {
        const config = { auths: { "a.example": login("file") } };
        for (const text of [
            '{"auths": {"a.example": {"auth": "sesame',
            '{"auths": "sesame"}',
            '{"auths": {"a.example": "sesame"}}',
            '{"auths": {"a.example": {"password": "sesame"}}}',
            `{"auths": {"a.example": {"auth": "${Buffer.from("sesame").toString("base64")}"}}}`,
            '"sesame"',
            "null",
        ]) {
            assert.throws(
                () => authsInEnvironment({ DOCKER_AUTH_CONFIG: text }),
                /must be of the form \{"auths"/,
                text,
            );
            const [found] = await usersOf(config, text, "a.example");
            const { username, problem } = found as { username: string; problem: string };
            assert.equal(username, "file");
            assert.match(problem, /DOCKER_AUTH_CONFIG is not valid: must be of the form/);
            assert.ok(!problem.includes("sesame") && !problem.includes("c2VzYW1l"));
        }
        for (const text of ["", "  ", "{}", '{"auths": {}}'])
            assert.deepEqual(authsInEnvironment({ DOCKER_AUTH_CONFIG: text }), {});
    });
});
