import { strict as assert } from "node:assert";
import { settingsOfContainer } from "../../provider/resources/docker-container/node/containerSettings";
import { desiredBuilder, type DesiredNode } from "../../provider/resources/docker-container/desired";
import type { BuilderInputs } from "../../provider/resources/docker-container/args";
import { containerOptions } from "../../provider/resources/docker-container/node/containerOptions";
import { changedFixed, changedLimits } from "../../provider/resources/docker-container/node/settings";
import { canonicalAddress, canonicalCpuSet } from "../../provider/text/dockerValues";
import type { EngineTraits } from "../../provider/docker/engine/engine";
import { allGpus } from "../../provider/docker/engine/gpus";
import { isImageAsked } from "../../provider/registry/imageReference";
import { podmanVersion } from "../../provider/docker/engine/podman";
import { type Added, containerId, made } from "../support/driverOptions";

const owner = { urn: "urn:pulumi:dev::p::t::b", store: "0123456789abcdef" };
const docker: EngineTraits = { CgroupDriver: "cgroupfs" };

const asked = (args: Partial<BuilderInputs>): DesiredNode =>
    desiredBuilder({ name: "ci", ...args }, owner).nodes[0] as DesiredNode;

/** What differs between a container and what is asked for. */
function differs(
    args: Partial<BuilderInputs>,
    engine: EngineTraits,
    { from = args, isPodman = false, ...added }: Added & { from?: Partial<BuilderInputs>; isPodman?: boolean } = {},
): string[] {
    const node = asked(args);
    const found = settingsOfContainer(made(asked(from), owner, engine, added), {
        image: undefined,
        engine,
        isPodman,
        network: "bridge",
        files: "",
        asked: node.settings.fixed,
    });
    return [...changedLimits(found, node.settings), ...changedFixed(found, node.settings)];
}

describe("the settings of a container", () => {
    it("are without a cgroup parent on an engine that has systemd manage cgroups", () => {
        const systemd = { CgroupDriver: "systemd" };
        const args = { driverOpts: { cgroupParent: "/ci" } };
        assert.equal(containerOptions(asked(args), owner, systemd).HostConfig?.CgroupParent, undefined);
        assert.deepEqual(differs(args, systemd), []);
        assert.deepEqual(differs(args, docker, { from: {} }), ["cgroupParent"]);
        assert.deepEqual(differs({}, docker, { from: args }), ["cgroupParent"]);
        assert.deepEqual(differs({ driverOpts: { cgroupParent: "/docker/buildx" } }, docker), []);
    });

    it("are without what Podman gives every container", () => {
        // As Podman 4.3.1 reports a container that was started.
        const env = [
            "TERM=xterm",
            "container=podman",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root",
            `HOSTNAME=${containerId.slice(0, 12)}`,
        ];
        const podman = { isPodman: true, env };
        assert.deepEqual(differs({}, docker, podman), []);
        assert.deepEqual(differs({}, docker, { env }), ["env"]);
        const own = { driverOpts: { env: { HOME: "/home/ci", A: "1" } } };
        assert.deepEqual(
            differs(own, docker, { isPodman: true, env: env.filter((each) => !each.startsWith("HOME")) }),
            [],
        );
        assert.deepEqual(differs(own, docker, { ...podman, from: {} }), ["env"]);
        assert.deepEqual(differs({}, docker, { isPodman: true, from: own }), ["env"]);
    });

    it("are without the labels of Docker Desktop, unless they were asked for", () => {
        const labels = { "desktop.docker.io/ports.scheme": "v2", "desktop.docker.io/wsl-distro": "Ubuntu" };
        assert.deepEqual(differs({ labels: { a: "1" } }, docker, { labels }), []);
        assert.deepEqual(differs({ labels }, docker), []);
        assert.deepEqual(differs({ labels }, docker, { from: {} }), ["labels"]);
        assert.deepEqual(differs({}, docker, { labels: { by: "hand" } }), ["labels"]);
    });

    it("are told apart by what they mean", () => {
        const cpus = (cpusetCpus: string) => ({ driverOpts: { cpusetCpus } });
        assert.deepEqual(differs(cpus("0-1"), docker, { from: cpus("1,0") }), []);
        assert.deepEqual(differs(cpus("0-1"), docker, { from: cpus("0-2") }), ["cpusetCpus"]);
        const dns = (...nameservers: string[]) => ({ dns: { nameservers } });
        assert.deepEqual(differs(dns("2001:DB8:0::1"), docker, { from: dns("2001:db8::1") }), []);
        assert.deepEqual(differs(dns("1.1.1.1", "1.1.1.1"), docker, { from: dns("1.1.1.1") }), ["dns"]);
        const six = (address: string) => ({ extraHosts: { six: address } });
        assert.deepEqual(differs(six("::1"), docker, { from: six("[0:0::1]") }), []);
        assert.deepEqual(differs({}, docker, { host: { NanoCpus: 5e8 } }), ["deviations"]);
        for (const [text, shortest] of [
            ["3", "3"],
            ["0,2-3,1", "0-3"],
            ["4,0-1,1-2", "0-2,4"],
            ["0-4000000000", "0-4000000000"],
        ] as const) {
            assert.equal(canonicalCpuSet(text), shortest);
        }
        for (const text of ["10.0.0.7", "host-gateway", "fe80::1%eth0"]) assert.equal(canonicalAddress(text), text);
    });

    it("are without a default that names the image's own configuration", () => {
        const flags = ["--config", "/etc/buildkit/buildkitd.toml", "--debug"];
        assert.deepEqual(differs({ buildkitdFlags: flags }, docker), []);
        assert.deepEqual(differs({ buildkitdFlags: flags }, docker, { from: { buildkitdFlags: ["--debug"] } }), [
            "flags",
        ]);
    });

    it("have the GPUs that their engine tells of, unless it did not give them", () => {
        const runtime = { ...docker, Runtimes: { runc: {}, nvidia: {} } };
        const devices = { ...docker, DiscoveredDevices: [{ ID: "nvidia.com/gpu=all" }] };
        const all = { host: { DeviceRequests: [{ ...allGpus, DeviceIDs: null }] } };
        const one = { host: { DeviceRequests: [{ ...allGpus, Count: 0, DeviceIDs: ["0"] }] } };
        for (const engine of [runtime, devices, { ...docker, hasGpuHook: true }]) {
            assert.deepEqual(containerOptions(asked({}), owner, engine).HostConfig?.DeviceRequests, [allGpus]);
            assert.deepEqual(differs({}, engine), ["deviations"]);
            assert.deepEqual(differs({}, engine, { labels: { "io.github.pulumi-buildx.gpus": "refused" } }), []);
            assert.deepEqual(differs({}, engine, { isPodman: true }), []);
        }
        assert.equal(containerOptions(asked({}), owner, docker).HostConfig?.DeviceRequests, undefined);
        assert.deepEqual(containerOptions(asked({}), owner, docker, true).HostConfig?.DeviceRequests, [allGpus]);
        for (const engine of [runtime, devices, docker]) {
            assert.deepEqual(differs({}, engine, all), []);
            assert.deepEqual(differs({}, engine, one), ["deviations"]);
        }
        assert.deepEqual(differs({}, { ...docker, DiscoveredDevices: [{ ID: "vendor.com/nic=0" }] }), []);
    });

    it("have WSL's libraries where buildx mounts them", () => {
        const wsl = { ...docker, hasWslLibraries: true };
        assert.deepEqual(differs({}, wsl), ["deviations"]);
        const { Mounts } = containerOptions(asked({}), owner, wsl).HostConfig ?? {};
        assert.deepEqual(
            (Mounts ?? []).map(({ Target, ReadOnly = false }) => [Target, ReadOnly]),
            [
                ["/var/lib/buildkit", false],
                ["/usr/lib/wsl", true],
            ],
        );
    });
});

describe("the image of a container", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const other = `sha256:${"b".repeat(64)}`;

    it("is the one that was asked for, also if buildx wrote the digest beside the tag", () => {
        for (const [found, wanted] of [
            [`docker.io/moby/buildkit:buildx-stable-1@${digest}`, "moby/buildkit:buildx-stable-1"],
            [`docker.io/moby/buildkit:latest@${digest}`, "moby/buildkit"],
            [`reg.example:5000/b:1@${digest}`, "reg.example:5000/b:1"],
            [`moby/buildkit:v1@${digest}`, `moby/buildkit@${digest}`],
        ] as const) {
            assert.ok(isImageAsked(found, wanted), wanted);
            assert.deepEqual(differs({ driverOpts: { image: wanted } }, docker, { image: found }), []);
        }
        for (const [found, wanted] of [
            [`moby/buildkit:v1@${digest}`, "moby/buildkit:v2"],
            [`moby/buildkit:v1@${digest}`, "ghcr.io/moby/buildkit:v1"],
            [`moby/buildkit:v1@${digest}`, `moby/buildkit:v1@${other}`],
            [`moby/buildkit@${digest}`, "moby/buildkit:latest"],
            ["moby/buildkit:v1", `moby/buildkit:v1@${digest}`],
        ] as const) {
            assert.ok(!isImageAsked(found, wanted), `${found} for ${wanted}`);
        }
    });
});

describe("Podman", () => {
    it("is known by its components", () => {
        // What Podman 4.3.1 answers, and Docker 26.1.
        const podman = [
            { Name: "Podman Engine", Version: "4.3.1" },
            { Name: "Conmon" },
            { Name: "OCI Runtime (runc)" },
        ];
        assert.equal(podmanVersion({ Components: podman }), "4.3.1");
        assert.equal(podmanVersion({ Components: [{ Name: "Engine", Version: "26.1.5" }] }), undefined);
        assert.equal(podmanVersion({}), undefined);
    });
});
