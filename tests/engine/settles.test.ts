import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer } from "../support/docker";
import { stock } from "../support/privateImage";
import { builder, resources, state } from "../support/program";
import { type Stack, withStack } from "../support/stack";

/** Different spellings of one value, and defaults that are given explicitly, by builder. */
const spellings: Record<string, object> = {
    sizes: { driverOpts: { memory: "536870912", memorySwap: "1g", cpusetCpus: "1,0-1", cpusetMems: "0" } },
    defaults: {
        driverOpts: { memory: "0", memorySwap: "0", cpuQuota: 0, cpuPeriod: 0, cpuShares: 1024, network: "default" },
        dns: { nameservers: [], options: [] },
        labels: {},
        extraHosts: {},
        buildkitdFlags: [],
    },
    swap: { driverOpts: { memorySwap: "-1", restartPolicy: "on-failure:0", cgroupParent: "/docker/buildx" } },
    image: { driverOpts: { image: "index.docker.io/moby/buildkit:buildx-stable-1", cpuPeriod: 50000 } },
    variables: {
        driverOpts: { env: { EMPTY: "", PATH: "/bin:/usr/bin", B: "a=b\nc", A: "1" }, restartPolicy: "no" },
        labels: { z: "", a: "x", "desktop.docker.io/of-the-user": "1" },
    },
    names: {
        extraHosts: { "Upper.Example": "10.0.0.7", six: "2001:DB8:0::1", gateway: "host-gateway" },
        dns: { nameservers: ["1.1.1.1", "1.1.1.1", "2001:DB8:0:0::1"], searchDomains: ["."], options: ["ndots:2"] },
    },
};

/** Creates an image that has its own configuration and certificates. */
async function createImage({ folder, unique }: Stack): Promise<string> {
    const image = `${unique}:own-files`;
    const files = join(folder, "buildkit");
    await mkdir(join(files, "certs/of-the-image"), { recursive: true });
    await writeFile(join(files, "buildkitd.toml"), "debug = true\n");
    await writeFile(join(files, "certs/of-the-image/ca.pem"), "of the image");
    await docker(["create", "--name", `${unique}-scratch`, stock]);
    await docker(["cp", `${files}/.`, `${unique}-scratch:/etc/buildkit`]);
    await docker(["commit", `${unique}-scratch`, image]);
    await docker(["rm", "--volumes", `${unique}-scratch`]);
    return image;
}

/** Builders that use that image, in each way to configure buildkitd. */
function configured(image: string): Record<string, object> {
    const driverOpts = { image };
    const buildkitdFlags = ["--config", "/etc/buildkit/buildkitd.toml"];
    return {
        certs: { driverOpts, buildkitdConfig: { log: { level: "warn" } } },
        config: { driverOpts, buildkitdFlags },
        both: { driverOpts, buildkitdToml: "debug = true", buildkitdFlags },
    };
}

describe("a builder that is as requested", () => {
    it(
        `does not change, however it is written: ${Object.keys(spellings).join(", ")}, files of the image`,
        withStack(async (stack) => {
            const { unique } = stack;
            const image = await createImage(stack);
            const container = (name: string) => `buildx_buildkit_${unique}-${name}-0`;
            const builders = Object.fromEntries(
                Object.entries({ ...spellings, ...configured(image) }).map(([name, args]) => [
                    name,
                    builder({ name: `${unique}-${name}-`, ...args }),
                ]),
            );
            const program = (volume: object) =>
                stack.program(resources({ ...builders, s: state({ builderName: `${unique}-s`, ...volume }) }));
            try {
                await program({
                    labels: { a: "1", b: "2" },
                    volumeDriverOpts: { type: "tmpfs", device: "tmpfs", o: "size=1m" },
                });
                await stack.up();
                await stack.refresh("--expect-no-changes");
                await program({
                    volumeDriverOpts: { o: "size=1m", device: "tmpfs", type: "tmpfs" },
                    labels: { b: "2", a: "1" },
                });
                await stack.preview("--expect-no-changes");

                // Changes that someone makes in a container are found.
                const created = await inspectContainer(container("config"));
                const certs = "/etc/buildkit/certs";
                const sh = (name: string, command: string) => docker(["exec", container(name), "sh", "-c", command]);
                await Promise.all([
                    sh("certs", `mkdir ${certs}/by-hand && echo x >${certs}/by-hand/ca.pem`),
                    sh("config", `echo y >${certs}/of-the-image/ca.pem`),
                    sh("both", "echo debug = false >/etc/buildkit/buildkitd.toml"),
                    docker(["update", "--cpus", "0.5", container("defaults")]),
                ]);
                const changed = { certs: "update", config: "update", both: "update", defaults: "update" };
                await stack.refresh();
                assert.deepEqual(stack.steps, changed);
                const { output } = await stack.up();
                assert.deepEqual(stack.steps, changed);
                const causes: Record<keyof typeof changed, string> = {
                    certs: "buildkitdConfig or a file that it names changed",
                    config: "buildkitdConfig or a file that it names changed",
                    both: "buildkitdConfig or a file that it names changed",
                    defaults: "what buildx gives .* changed",
                };
                for (const [name, cause] of Object.entries(causes)) {
                    assert.match(output, new RegExp(`creating ${container(name)}: ${cause}`));
                }
                assert.equal(await sh("config", `cat ${certs}/of-the-image/ca.pem`), "of the image");
                assert.deepEqual((await inspectContainer(container("config")))?.Config.Cmd, created?.Config.Cmd);
                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");
                await stack.destroy();
            } finally {
                await stack.destroy().catch(() => undefined);
                await docker(["rmi", "--force", image]);
            }
        }),
    );
});
