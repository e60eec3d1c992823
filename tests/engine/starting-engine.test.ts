import { strict as assert } from "node:assert";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspectContainer } from "../support/docker";
import { second } from "../support/engines";
import { withProject } from "../support/project";
import { freePort } from "../support/registry";

/** Returns an engine at a port of this machine. The engine responds while it is started. */
function engineAt(port: number) {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
        const onward = connect(second.host.replace("unix://", ""));
        for (const [one, other] of [
            [socket, onward],
            [onward, socket],
        ] as const) {
            sockets.add(one);
            one.pipe(other);
            one.once("error", () => other.destroy()).once("close", () => other.destroy());
        }
    });
    return {
        start: () => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve)),
        stop: () => {
            for (const socket of sockets) socket.destroy();
            server.close();
        },
    };
}

/** A resource for a machine that exists some time before an engine responds there. */
const machine = (name: string, marker: string, port: number) => `
    class Machine extends pulumi.dynamic.Resource {
        constructor(name) {
            const create = async () => {
                require("fs").writeFileSync(${JSON.stringify(marker)}, "");
                return { id: name, outs: { port: ${port} } };
            };
            super({ create }, name, { port: undefined });
        }
    }
    const machine = new Machine("${name}");
    const endpoint = pulumi.interpolate\`tcp://127.0.0.1:\${machine.port}\`;`;

describe("an engine on a machine that the same program creates", () => {
    it(
        "is waited for by the resources that depend on the machine, and by no other resource",
        withProject(async (project) => {
            const { unique } = project;
            const port = await freePort();
            const marker = join(project.folder, "created");
            const plain = `tcp://127.0.0.1:${port}`;
            const engine = engineAt(port);
            const resources = (endpoint: string, dependsOn: string) => `
                const state = new buildx.BuildKitState("cache", { builderName: unique, endpoint: ${endpoint} });
                new buildx.BuildxBuilder("state", { state });
                new buildx.BuildxBuilder("nodes", { name: unique + "-n", nodes: [{ endpoint: ${endpoint} }] });
                new buildx.BuildxBuilder("plain", { name: unique + "-p", endpoint: "${plain}" }, { ${dependsOn} });`;
            try {
                await project.program(
                    `${machine("silent", marker, port)}
                    new buildx.BuildxBuilder("late", { name: unique + "-l", endpoint, bootTimeout: 1 });
                    new buildx.BuildxBuilder("wrong", { name: unique + "-w", endpoint: "${plain}" });
                    new buildx.QemuEmulation("qemu", { endpoint: "${plain}" });`,
                );
                const failed = await project.failing("up", "--continue-on-error");
                assert.match(failed, /late.*no Docker engine responds .*\. Waited for 1 s \(bootTimeout\)/);
                assert.doesNotMatch(failed, /(wrong|qemu).*(yet|waited for)/);
                assert.match(failed, /wrong.*no Docker engine responds at .*connection refused/);

                await rm(marker);
                const program = (endpoint: string, dependsOn: string) =>
                    project.program(machine("machine", marker, port) + resources(endpoint, dependsOn));
                await program("endpoint", "dependsOn: [machine]");
                const going = project.try("up");
                while (!existsSync(marker)) await sleep(100);
                await sleep(4000);
                await engine.start();
                const { code, output } = await going;
                assert.equal(code, 0, output);
                const yet = `no Docker engine responds at ${plain} yet \\(connection refused\\): retrying for \\d+ s`;
                for (const [name, limit] of [
                    ["cache", ""],
                    ["nodes", " \\(bootTimeout\\)"],
                    ["plain", " \\(bootTimeout\\)"],
                ])
                    assert.match(output, new RegExp(`${name}.*${yet}${limit}`));
                assert.ok(await inspectContainer(`buildx_buildkit_${unique}-n0`, second.host));
                const hidden = (await project.state()).flatMap(({ outputs }) => Object.keys(outputs));
                assert.ok(!hidden.includes("__mayBeStarting"));
                await project.refresh("--expect-no-changes");

                // Only the value of an endpoint counts: the same value from another source is no change.
                await program(`"${plain}"`, "");
                await project.preview("--expect-no-changes");
            } finally {
                engine.stop();
            }
        }),
    );
});
