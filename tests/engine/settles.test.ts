import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer } from "../support/docker";
import { stock } from "../support/privateImage";
import { type Project, withProject } from "../support/project";

/** Ways to write one thing, or to say what is so anyway, by builder. */
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

/** An image with a configuration and certificates of its own. */
async function makeImage({ folder, unique }: Project): Promise<string> {
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

describe("a builder that is as it was asked for", () => {
    it(
        `is left alone, however it was written: ${Object.keys(spellings).join(", ")}, files of the image`,
        withProject(async (project) => {
            const image = await makeImage(project);
            const driverOpts = { image };
            const builders = {
                ...spellings,
                certs: { driverOpts, buildkitdConfig: { log: { level: "warn" } } },
                config: { driverOpts, buildkitdFlags: ["--config", "/etc/buildkit/buildkitd.toml"] },
                both: {
                    driverOpts,
                    buildkitdConfig: "debug = true",
                    buildkitdFlags: ["--config", "/etc/buildkit/buildkitd.toml"],
                },
            };
            const container = (name: string) => `buildx_buildkit_${project.unique}-${name}-0`;
            const program = (keyOrder: string) =>
                Object.entries(builders)
                    .map(
                        ([name, args]) =>
                            `new buildx.BuildxBuilder("${name}", { name: unique + "-${name}-", ...${JSON.stringify(args)} });`,
                    )
                    .join("\n") + `new buildx.BuildKitState("s", { builderName: unique + "-s", ${keyOrder} });`;
            try {
                await project.program(
                    program(
                        'labels: { a: "1", b: "2" }, volumeDriverOpts: { type: "tmpfs", device: "tmpfs", o: "size=1m" }',
                    ),
                );
                await project.up();
                await project.refresh("--expect-no-changes");
                await project.program(
                    program(
                        'volumeDriverOpts: { o: "size=1m", device: "tmpfs", type: "tmpfs" }, labels: { b: "2", a: "1" }',
                    ),
                );
                await project.preview("--expect-no-changes");

                // What someone changes in it is seen all the same.
                const made = await inspectContainer(container("config"));
                const certs = "/etc/buildkit/certs";
                const sh = (name: string, command: string) => docker(["exec", container(name), "sh", "-c", command]);
                await sh("certs", `mkdir ${certs}/by-hand && echo x >${certs}/by-hand/ca.pem`);
                await sh("config", `echo y >${certs}/of-the-image/ca.pem`);
                await sh("both", "echo debug = false >/etc/buildkit/buildkitd.toml");
                await docker(["update", "--cpus", "0.5", container("defaults")]);
                const { output: seen } = await project.refresh();
                assert.match(seen, /~ 4 updated/);
                const { output } = await project.up();
                for (const name of ["certs", "config", "both"]) {
                    assert.match(
                        output,
                        new RegExp(`creating ${container(name)}: buildkitdConfig or a file that it names changed`),
                    );
                }
                assert.match(output, new RegExp(`creating ${container("defaults")}: what buildx gives .* changed`));
                assert.equal(await sh("config", `cat ${certs}/of-the-image/ca.pem`), "of the image");
                assert.deepEqual((await inspectContainer(container("config")))?.Config.Cmd, made?.Config.Cmd);
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
                await project.destroy();
            } finally {
                await project.destroy().catch(() => undefined);
                await docker(["rmi", "--force", image]);
            }
        }),
    );
});
