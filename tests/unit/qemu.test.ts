import { strict as assert } from "node:assert";
import { changesOf } from "../../provider/bridges/lifecycle";
import { unknown } from "../../provider/args/unknown";
import { checkEmulation } from "../../provider/resources/qemu/check";
import { desiredEmulation } from "../../provider/resources/qemu/desired";
import type { EmulationArguments } from "../../provider/resources/qemu/args";
import type { ObservedEmulation } from "../../provider/resources/qemu/observe";
import { type PreviousEmulation, planEmulation, planEmulationRemoval } from "../../provider/resources/qemu/plan";

const urn = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/buildx:QemuEmulation::qemu";

const failures = async (args: object) => (await checkEmulation({ ...args })).failures;

/** Arguments, the property at which they fail, and what the sentence says. */
const bad: [object, string, RegExp][] = [
    [{ platforms: ["linux/arm65"] }, "platforms[0]", /"linux\/arm65" is not a platform that .*did you mean arm64\?/],
    [{ platforms: ["arm64", "riscv"] }, "platforms[1]", /"riscv" is not a platform that .*did you mean riscv64\?/],
    [{ platforms: ["hexagon"] }, "platforms[0]", /must be one of 386, amd64, arm, arm64, .*s390x/],
    [{ platforms: ["darwin/arm64"] }, "platforms[0]", /must be a Linux platform, for example "linux\/arm64"/],
    [{ platforms: ["qemu-aarch64"] }, "platforms[0]", /"qemu-aarch64" is not a platform that QEMU can emulate/],
    [{ platforms: [64] }, "platforms[0]", /64 is not a valid platform: must be a string, for example "linux\/arm64"/],
    [
        { platforms: "arm64" },
        "platforms",
        /"arm64" is not a list of platforms: must be a list, for example \["linux\/arm64"\]/,
    ],
    [{ platforms: [] }, "platforms", /must name at least one platform\. Remove it/],
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
const desired = (args: Partial<EmulationArguments> = {}) => desiredEmulation(args, owner);

const host = (args: Partial<ObservedEmulation> & { own?: string[]; others?: string[] } = {}): ObservedEmulation => ({
    host: "unix:///var/run/docker.sock",
    supported: ["linux/amd64", "linux/amd64/v2", "linux/386"],
    emulators: [],
    owners: { own: args.own, others: args.others ?? [] },
    ...args,
});

const previous = (args: Partial<EmulationArguments>, more: Partial<PreviousEmulation> = {}): PreviousEmulation => ({
    desired: desired(args),
    added: [],
    ran: undefined,
    ...more,
});

/** Steps in a few words. */
const told = (wanted: ReturnType<typeof desired>, observed: ObservedEmulation, state?: PreviousEmulation) =>
    planEmulation(wanted, observed, state).steps.map((step) => {
        if (step.do === "writeOwner") return `own ${step.emulators.join()}`;
        if (step.do === "saveSettings") return step.why;
        return `call -${step.uninstall.join()} +${step.install.join()}`;
    });

const arm64 = { platforms: ["linux/arm64"] };
const running = { supported: ["linux/amd64", "linux/arm64"], emulators: ["qemu-aarch64"] };

describe("the plan of an emulation", () => {
    it("records that it owns what it registers before it registers it", () => {
        assert.deepEqual(told(desired(arm64), host()), ["own qemu-aarch64", "call - +arm64"]);
    });

    it("leaves alone what the host runs by itself or with someone else's emulator", () => {
        assert.deepEqual(told(desired({ platforms: ["amd64", "386"] }), host()), []);
        assert.deepEqual(told(desired(arm64), host(running)), []);
        assert.deepEqual(told(desired(arm64), host({ supported: ["linux/amd64", "linux/arm64"] })), []);
    });

    it("shares what another resource registered", () => {
        assert.deepEqual(told(desired(arm64), host({ ...running, others: ["qemu-aarch64"] })), ["own qemu-aarch64"]);
    });

    it("refuses an emulator of someone else that does not work in containers", () => {
        const { refusal, steps } = planEmulation(desired(arm64), host({ emulators: ["qemu-aarch64"] }), undefined);
        assert.match(
            refusal ?? "",
            /linux\/arm64 cannot be emulated .* registered qemu-aarch64, .* flag F.*--uninstall qemu-aarch64/,
        );
        assert.deepEqual(steps, []);
    });

    it("does nothing to what is as it was asked for", () => {
        const state = previous(arm64, { added: ["qemu-aarch64"] });
        assert.deepEqual(told(desired(arm64), host({ ...running, own: ["qemu-aarch64"] }), state), []);
        const all = previous({}, { added: ["qemu-aarch64"], ran: ["amd64", "arm64"] });
        assert.deepEqual(told(desired(), host({ ...running, own: ["qemu-aarch64"] }), all), []);
    });

    it("registers again what vanished", () => {
        assert.deepEqual(told(desired(arm64), host({ own: ["qemu-aarch64"] }), previous(arm64)), ["call - +arm64"]);
        assert.deepEqual(told(desired(), host(), previous({}, { ran: ["amd64", "arm64"] })).at(-1), "call - +all");
    });

    it("takes away what is no longer asked for, unless another resource owns it", () => {
        const state = previous({ platforms: ["arm64", "riscv64"] }, { added: ["qemu-aarch64", "qemu-riscv64"] });
        const both = {
            supported: ["linux/amd64", "linux/arm64", "linux/riscv64"],
            emulators: ["qemu-aarch64", "qemu-riscv64"],
            own: ["qemu-aarch64", "qemu-riscv64"],
        };
        const own = "own qemu-aarch64";
        assert.deepEqual(told(desired(arm64), host(both), state), [own, "call -qemu-riscv64 +"]);
        assert.deepEqual(told(desired(arm64), host({ ...both, others: ["qemu-riscv64"] }), state), [own]);
    });

    it("registers its own anew from another image", () => {
        const state = previous(arm64, { added: ["qemu-aarch64"] });
        const observed = host({ ...running, own: ["qemu-aarch64"] });
        const [call] = told(desired({ ...arm64, image: "other" }), observed, state);
        assert.equal(call, "call -qemu-aarch64 +arm64");
        const sameByName = { ...arm64, image: "docker.io/tonistiigi/binfmt:latest" };
        assert.deepEqual(told(desired(sameByName), observed, state), ["image changed"]);
        const all = previous({}, { added: ["qemu-aarch64"], ran: ["amd64", "arm64"] });
        assert.equal(told(desired({ image: "other" }), observed, all)[0], "call -qemu-aarch64 +all");
    });

    it("records again what it owns if the record was removed", () => {
        const state = previous(arm64, { added: ["qemu-aarch64"] });
        assert.deepEqual(told(desired(arm64), host(running), state), ["own qemu-aarch64"]);
    });

    it("is one of another host where the endpoint changes", () => {
        const { replaces } = planEmulation(desired({ endpoint: "unix:///other.sock" }), host(), previous({}));
        assert.deepEqual(replaces, ["endpoint"]);
    });

    it("names the arguments that changed, or reports drift", () => {
        const changes = (args: object, observed: ObservedEmulation, state: PreviousEmulation) =>
            changesOf([], planEmulation(desired(args), observed, state).steps);
        const own = host({ ...running, own: ["qemu-aarch64"] });
        const state = previous(arm64, { added: ["qemu-aarch64"] });
        assert.deepEqual(changes({ platforms: ["arm64", "riscv64"] }, own, state), [
            { path: "platforms", why: "platforms changed" },
        ]);
        assert.deepEqual(changes({ ...arm64, image: "other", pull: "always" }, own, state), [
            { path: "image", why: "image changed" },
            { path: "image", why: "image, pull changed" },
            { path: "pull", why: "image, pull changed" },
        ]);
        assert.deepEqual(changes(arm64, host({ own: ["qemu-aarch64"] }), state), [
            { path: "emulators", why: "an emulator is missing", isDrift: true },
        ]);
        const broken = host({ emulators: ["qemu-aarch64"], own: ["qemu-aarch64"] });
        assert.deepEqual(changes(arm64, broken, state), [
            { path: "emulators", why: "an emulator does not work", isDrift: true },
        ]);
        assert.deepEqual(changes(arm64, host(running), state), [
            { path: "emulators", why: "the engine records other emulators", isDrift: true },
        ]);
        const [other, ...none] = changes(arm64, { ...own, isOther: true }, state);
        assert.deepEqual([other?.path, other?.isDrift, none], ["emulators", true, []]);
    });

    it("takes away what it added when it is removed, but for what others own", () => {
        const [call] = planEmulationRemoval(["qemu-aarch64", "qemu-riscv64"], ["qemu-riscv64"]).steps;
        assert.deepEqual(call?.do === "callImage" && call.uninstall, ["qemu-aarch64"]);
        assert.deepEqual(planEmulationRemoval(["qemu-riscv64"], ["qemu-riscv64"]).steps, []);
    });
});
