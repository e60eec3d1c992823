import { strict as assert } from "node:assert";
import { unknown } from "../../provider/args/unknown";
import { checkEmulation } from "../../provider/resources/qemu/check";
import { desiredEmulation } from "../../provider/resources/qemu/desired";
import type { QemuInputs } from "../../provider/resources/qemu/inputs";
import type { ObservedEmulation } from "../../provider/resources/qemu/observe";
import { type PreviousEmulation, planEmulation, planEmulationRemoval } from "../../provider/resources/qemu/plan";

const urn = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/buildx:QemuEmulation::qemu";

const failures = async (args: object) => (await checkEmulation({ ...args })).failures ?? [];

/** Arguments, the property at which they fail, and what the sentence says. */
const bad: [object, string, RegExp][] = [
    [{ platforms: ["linux/arm65"] }, "platforms[0]", /"linux\/arm65" is no platform that .*did you mean arm64\?/],
    [{ platforms: ["arm64", "riscv"] }, "platforms[1]", /"riscv" is no platform .*did you mean riscv64\?/],
    [{ platforms: ["hexagon"] }, "platforms[0]", /must be one of 386, amd64, arm, arm64, .*s390x/],
    [{ platforms: ["darwin/arm64"] }, "platforms[0]", /QEMU runs programs of Linux, such as "linux\/arm64"/],
    [{ platforms: ["qemu-aarch64"] }, "platforms[0]", /"qemu-aarch64" is no platform/],
    [{ platforms: [64] }, "platforms[0]", /64 is not a valid platform: must be a string, for example "linux\/arm64"/],
    [{ platforms: "arm64" }, "platforms", /"arm64" is no list of platforms: write \["linux\/arm64"\]/],
    [{ platforms: [] }, "platforms", /name one platform at least, or leave it out/],
    [{ image: "Tonis/Binfmt" }, "image", /"Tonis\/Binfmt" is not a valid image name: .*"tonistiigi\/binfmt"/],
    [{ pull: "never" }, "pull", /"never" is not a valid pull policy: must be "missing" or "always"/],
    [{ endpoint: "ftp://host" }, "endpoint", /is not a valid host URL: must start with unix:/],
    [{ platform: ["arm64"] }, "platform", /"platform" is not a valid argument: did you mean platforms\?/],
];

describe("checking the arguments of an emulation", () => {
    for (const [args, property, reason] of bad) {
        it(`refuses ${JSON.stringify(args)}`, async () => {
            const found = await failures(args);
            assert.deepEqual(
                found.map((failure) => failure.property),
                [property],
            );
            assert.match(found[0]?.reason ?? "", reason);
        });
    }

    it("takes platforms in every spelling, and what is not known yet", async () => {
        for (const args of [
            {},
            { platforms: ["arm64", "linux/aarch64", "linux/arm/v6", "linux/amd64/v3", "i386"], pull: "always" },
            { image: "registry.example:5000/binfmt:qemu-v9" },
            { platforms: unknown, endpoint: unknown, tls: unknown, image: unknown, pull: unknown },
            { platforms: [unknown] },
            { platforms: [unknown, "arm64"] },
        ]) {
            assert.deepEqual(await failures(args), [], JSON.stringify(args));
        }
    });
});

const owner = { urn, store: "0123456789abcdef" };
const desired = (args: Partial<QemuInputs> = {}) => desiredEmulation(args, owner);

const host = (args: Partial<ObservedEmulation> & { own?: string[]; others?: string[] } = {}): ObservedEmulation => ({
    host: "unix:///var/run/docker.sock",
    supported: ["linux/amd64", "linux/amd64/v2", "linux/386"],
    emulators: [],
    claims: { own: args.own, others: args.others ?? [] },
    ...args,
});

const known = (args: Partial<QemuInputs>, more: Partial<PreviousEmulation> = {}): PreviousEmulation => ({
    endpoint: undefined,
    later: desired(args).later,
    added: [],
    ran: undefined,
    ...more,
});

/** Steps in a few words. */
const told = (wanted: ReturnType<typeof desired>, observed: ObservedEmulation, state?: PreviousEmulation) =>
    planEmulation(wanted, observed, state).steps.map((step) => {
        if (step.do === "claim") return `claim ${step.emulators.join()}`;
        if (step.do === "remember") return step.why;
        return `call -${step.uninstall.join()} +${step.install.join()}`;
    });

const arm64 = { platforms: ["linux/arm64"] };
const running = { supported: ["linux/amd64", "linux/arm64"], emulators: ["qemu-aarch64"] };

describe("the plan of an emulation", () => {
    it("claims what it registers before it does", () => {
        assert.deepEqual(told(desired(arm64), host()), ["claim qemu-aarch64", "call - +arm64"]);
    });

    it("leaves alone what the host runs by itself or with someone else's emulator", () => {
        assert.deepEqual(told(desired({ platforms: ["amd64", "386"] }), host()), []);
        assert.deepEqual(told(desired(arm64), host(running)), []);
        assert.deepEqual(told(desired(arm64), host({ supported: ["linux/amd64", "linux/arm64"] })), []);
    });

    it("shares what another resource registered", () => {
        assert.deepEqual(told(desired(arm64), host({ ...running, others: ["qemu-aarch64"] })), ["claim qemu-aarch64"]);
    });

    it("refuses an emulator of someone else that does not work in containers", () => {
        const { refusal, steps } = planEmulation(desired(arm64), host({ emulators: ["qemu-aarch64"] }), undefined);
        assert.match(refusal ?? "", /qemu-aarch64 is registered .* linux\/arm64 do not run .*--uninstall qemu-aarch64/);
        assert.deepEqual(steps, []);
    });

    it("does nothing to what is as it was asked for", () => {
        const state = known(arm64, { added: ["qemu-aarch64"] });
        assert.deepEqual(told(desired(arm64), host({ ...running, own: ["qemu-aarch64"] }), state), []);
        const all = known({}, { added: ["qemu-aarch64"], ran: ["amd64", "arm64"] });
        assert.deepEqual(told(desired(), host({ ...running, own: ["qemu-aarch64"] }), all), []);
    });

    it("registers again what vanished", () => {
        assert.deepEqual(told(desired(arm64), host({ own: ["qemu-aarch64"] }), known(arm64)), ["call - +arm64"]);
        assert.deepEqual(told(desired(), host(), known({}, { ran: ["amd64", "arm64"] })).at(-1), "call - +all");
    });

    it("takes away what is no longer asked for, unless another resource claims it", () => {
        const state = known({ platforms: ["arm64", "riscv64"] }, { added: ["qemu-aarch64", "qemu-riscv64"] });
        const both = {
            supported: ["linux/amd64", "linux/arm64", "linux/riscv64"],
            emulators: ["qemu-aarch64", "qemu-riscv64"],
            own: ["qemu-aarch64", "qemu-riscv64"],
        };
        const claim = "claim qemu-aarch64";
        assert.deepEqual(told(desired(arm64), host(both), state), [claim, "call -qemu-riscv64 +"]);
        assert.deepEqual(told(desired(arm64), host({ ...both, others: ["qemu-riscv64"] }), state), [claim]);
    });

    it("registers its own anew from another image", () => {
        const state = known(arm64, { added: ["qemu-aarch64"] });
        const observed = host({ ...running, own: ["qemu-aarch64"] });
        const [call] = told(desired({ ...arm64, image: "other" }), observed, state);
        assert.equal(call, "call -qemu-aarch64 +arm64");
        const sameByName = { ...arm64, image: "docker.io/tonistiigi/binfmt:latest" };
        assert.deepEqual(told(desired(sameByName), observed, state), ["image changed"]);
        const all = known({}, { added: ["qemu-aarch64"], ran: ["amd64", "arm64"] });
        assert.equal(told(desired({ image: "other" }), observed, all)[0], "call -qemu-aarch64 +all");
    });

    it("writes its claim again where somebody removed it", () => {
        const state = known(arm64, { added: ["qemu-aarch64"] });
        assert.deepEqual(told(desired(arm64), host(running), state), ["claim qemu-aarch64"]);
    });

    it("is one of another host where the endpoint changes", () => {
        const { replaces } = planEmulation(desired({ endpoint: "unix:///other.sock" }), host(), known({}));
        assert.deepEqual(replaces, ["endpoint"]);
    });

    it("takes away what it added when it is removed, but for what others claim", () => {
        const [call] = planEmulationRemoval(["qemu-aarch64", "qemu-riscv64"], ["qemu-riscv64"]).steps;
        assert.deepEqual(call?.do === "call" && call.uninstall, ["qemu-aarch64"]);
        assert.deepEqual(planEmulationRemoval(["qemu-riscv64"], ["qemu-riscv64"]).steps, []);
    });
});
