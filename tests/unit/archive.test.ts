import { strict as assert } from "node:assert";
import { type DesiredArchive, desiredArchive } from "../../provider/resources/archive/desired";
import {
    manifestFrame,
    manifestFrameLength,
    parseManifest,
    parseTrailer,
    trailerFrame,
} from "../../provider/transfer/format";
import { failuresOfPlace, restorePlaces } from "../../provider/args/archiveLocation";
import { planArchive, type PreviousArchive } from "../../provider/resources/archive/plan";
import { changesOf } from "../../provider/bridges/lifecycle";
import { formatProgress } from "../../provider/transfer/progress";
import { copiedRecords, sizeIn, withoutReports } from "../../provider/transfer/scripts";
import { desiredState } from "../../provider/resources/state/desired";
import type { ObservedState, ObservedVolume } from "../../provider/resources/state/observe";
import { planState, type PreviousState } from "../../provider/resources/state/plan";
import { unknown } from "../../provider/args/unknown";

const owner = { urn: "urn", store: "store" };
const host = "unix:///docker.sock";

const desired = (restoreFrom?: Parameters<typeof desiredState>[0]["restoreFrom"]) =>
    desiredState({ builderName: "ci", ...(restoreFrom && { restoreFrom }) }, owner);

const withVolume = (volume?: Partial<ObservedVolume>): ObservedState => ({
    host,
    volume: volume && {
        owner: undefined,
        driver: "local",
        isTmpfs: false,
        mountpoint: "/m",
        users: [],
        running: [],
        ...volume,
    },
});

const content = (entries: string[], more = {}) => ({ entries, mark: undefined, isHalfMoved: false, ...more });

/** A state that was created with these arguments. */
const previous = (restoreFrom?: Parameters<typeof desired>[0], isUnfinished = false): PreviousState => ({
    desired: desired(restoreFrom),
    isUnfinished,
});

describe("the plan of a state that is restored", () => {
    const dos = (...args: Parameters<typeof planState>) => planState(...args).steps.map((step) => step.do);

    it("restores into what is made anew, and into what is empty", () => {
        assert.deepEqual(dos(desired("a.tar.zst"), withVolume(), undefined), ["createVolume", "restore"]);
        assert.deepEqual(dos(desired("a.tar.zst"), withVolume({ content: content([]) }), undefined), ["restore"]);
        assert.deepEqual(dos(desired(), withVolume(), undefined), ["createVolume"]);
    });

    it("refuses content but to overwrite it, or where a restore left it half-moved", () => {
        const full = withVolume({ content: content(["a", "b", "c", "d"]) });
        assert.match(
            planState(desired("a.tar.zst"), full, undefined).refusal ?? "",
            /already has content \(a, b, c, …\).*overwrite: true/,
        );
        assert.deepEqual(dos(desired({ archive: "a", overwrite: true }), full, undefined), ["restore"]);
        const half = withVolume({ content: content(["a"], { isHalfMoved: true }) });
        assert.deepEqual(dos(desired("a.tar.zst"), half, undefined), ["restore"]);
    });

    it("takes what the same restore left whole as done, and nothing in use or in memory", () => {
        const restored = withVolume({ content: content(["a"], { mark: desired("a.tar.zst").restore?.mark }) });
        assert.deepEqual(planState(desired("a.tar.zst"), restored, undefined), { steps: [] });
        assert.match(planState(desired("b.tar.zst"), restored, undefined).refusal ?? "", /already has content/);
        const used = withVolume({ content: content([]), running: ["user"] });
        assert.match(planState(desired("a"), used, undefined).refusal ?? "", /in use by container user/);
        const forgetful = withVolume({ content: content([]), isTmpfs: true });
        assert.match(planState(desired("a"), forgetful, undefined).refusal ?? "", /a tmpfs loses its content/);
    });

    it("leaves a state that is there alone, whatever restoreFrom becomes", () => {
        assert.deepEqual(planState(desired("b"), withVolume({}), previous("a")), { steps: [] });
    });

    it("continues an unfinished creation, also in a volume that exists", () => {
        const unfinished = previous("a.tar.zst", true);
        assert.deepEqual(dos(desired("a.tar.zst"), withVolume(), unfinished), ["createVolume", "restore"]);
        assert.deepEqual(dos(desired("a.tar.zst"), withVolume({ content: content([]) }), unfinished), ["restore"]);
        const full = withVolume({ content: content(["a"]) });
        assert.match(planState(desired("a.tar.zst"), full, unfinished).refusal ?? "", /already has content/);
    });
});

describe("the changes of a state", () => {
    const changes = (...args: Parameters<typeof planState>) => {
        const { replaces = [], steps } = planState(...args);
        return changesOf(replaces, steps);
    };

    it("name the arguments that replace it, and restoreFrom if it is restored", () => {
        const builderName = desiredState({ builderName: "other", labels: { a: "1" } }, owner);
        assert.deepEqual(
            changes(builderName, withVolume({}), previous()).map(({ path, isDrift }) => [path, isDrift]),
            [
                ["builderName", undefined],
                ["node", undefined],
                ["labels", undefined],
            ],
        );
        assert.deepEqual(changes(desired("a"), withVolume(), undefined), [
            { why: "the volume does not exist yet" },
            { path: "restoreFrom", why: "restoreFrom is set" },
        ]);
    });

    it("of its TLS files alone are saved, because the next connection needs them", () => {
        const tls = desiredState({ builderName: "ci", tls: { ca: "new.pem" } }, owner);
        const { steps } = planState(tls, withVolume({}), previous());
        assert.deepEqual(
            steps.map((step) => step.do),
            ["saveSettings"],
        );
        assert.deepEqual(changes(tls, withVolume({}), previous()), [{ path: "tls", why: "tls changed" }]);
    });

    it("are drift if the volume is lost, and restore it unless its source is lost too", () => {
        const volume = { why: "volume buildx_buildkit_ci0_state is missing", isDrift: true };
        assert.deepEqual(changes(desired("a"), withVolume(), previous("a")), [
            volume,
            { path: "restoreFrom", why: "restoreFrom is set", isDrift: true },
        ]);
        assert.deepEqual(changes(desired("a"), { ...withVolume(), isSourceGone: true }, previous("a")), [volume]);
    });
});

describe("the plan of an archive", () => {
    const wanted = (change: Partial<DesiredArchive> = {}): DesiredArchive => ({
        ...desiredArchive({ builderName: "ci", to: "a.tar.zst", triggers: [{ a: 1 }] }),
        ...change,
    });
    const written = { sha256: "0".repeat(64) };
    const previous = (): PreviousArchive => ({ desired: wanted(), ...written });
    const changes = (desired: DesiredArchive) => changesOf([], planArchive(desired, written, previous()).steps);

    it("writes what is not there, and again for another state, place or trigger", () => {
        assert.deepEqual(planArchive(wanted(), { sha256: undefined }, undefined), {
            steps: [
                {
                    do: "write",
                    node: "ci0",
                    to: { archive: "a.tar.zst" },
                    image: "debian:stable-slim",
                    drainTimeout: 600,
                    why: "the archive was not written yet",
                },
            ],
        });
        assert.deepEqual(planArchive(wanted(), written, previous()), { steps: [] });
        assert.deepEqual(changes(wanted({ triggers: [{ a: 2 }] })), [{ path: "triggers", why: "triggers changed" }]);
        assert.deepEqual(changes(wanted({ to: { image: "r/i:t" } })), [{ path: "to", why: "to changed" }]);
        assert.deepEqual(changes(wanted({ node: "other0" })), [{ path: "builderName", why: "builderName changed" }]);
        assert.deepEqual(changes(wanted({ drainTimeout: 1 })), []);
    });

    it("names the state if the state sets the node and the endpoint", () => {
        const state = { builderName: "ci", node: "ci1", endpoint: "unix:///other.sock" };
        const ofState = desiredArchive({ state, to: "a.tar.zst", triggers: [{ a: 1 }] });
        assert.deepEqual(changes(ofState), [{ path: "state", why: "state changed" }]);
    });

    it("writes an archive again that is missing or was replaced, as drift", () => {
        for (const [sha256, why] of [
            [undefined, /^archive .*a\.tar\.zst is missing$/],
            ["1".repeat(64), /^archive .*a\.tar\.zst is another archive$/],
        ] as const) {
            const [change, ...others] = changesOf([], planArchive(wanted(), { sha256 }, previous()).steps);
            assert.deepEqual([change?.path, change?.isDrift, others], ["sha256", true, []]);
            assert.match(change?.why ?? "", why);
        }
    });
});

describe("an archive's frames", () => {
    const manifest = {
        format: 1,
        buildkitVersion: "v1",
        volume: "v",
        node: "n",
        createdAt: "now",
        madeBy: "0.1.0",
        architecture: "x86_64",
    } as const;

    it("are read as they are written", () => {
        const frame = manifestFrame(manifest);
        assert.equal(manifestFrameLength(frame.subarray(0, 8)), frame.length);
        assert.deepEqual(parseManifest(frame), manifest);
        const trailer = { sha256: "a".repeat(64), bytes: 2 ** 50 };
        assert.equal(trailerFrame(trailer).length, 256);
        assert.deepEqual(parseTrailer(trailerFrame(trailer)), trailer);
    });

    it("are told from anything else", () => {
        assert.equal(manifestFrameLength(Buffer.from("anything")), undefined);
        assert.equal(parseTrailer(Buffer.alloc(256)), undefined);
        assert.equal(parseTrailer(Buffer.alloc(3)), undefined);
    });
});

describe("restoreFrom", () => {
    const wrong = (value: unknown) =>
        failuresOfPlace("restoreFrom", value, restorePlaces).map(({ property }) => property);

    it("is a path, or names one place; what is unknown yet may be any", () => {
        for (const legal of ["a", { archive: "a" }, { volume: "vol" }, { image: "r.example/i:t", overwrite: true }])
            assert.deepEqual(wrong(legal), []);
        for (const later of [unknown, { archive: unknown }, { volume: unknown, overwrite: unknown }, undefined])
            assert.deepEqual(wrong(later), []);
        assert.deepEqual(wrong({ archive: "a", volume: "vol" }), ["restoreFrom"]);
        assert.deepEqual(wrong({ image: "UPPER", overwrite: 1 }), ["restoreFrom.image", "restoreFrom.overwrite"]);
        assert.deepEqual(wrong(["a"]).length > 0, true);
    });
});

describe("the reports of a helper", () => {
    const output = "size-1004\ntar: copied-400\ntar: ./big: Cannot open: Permission denied\ntar: copied-800\n";

    it("are read from its error output", () => {
        assert.equal(sizeIn(output), 1004);
        assert.equal(copiedRecords(output), 800);
        assert.equal(sizeIn("tar: copied-400\n"), undefined);
    });

    it("are not part of the reason why it failed", () => {
        assert.equal(withoutReports(output), "tar: ./big: Cannot open: Permission denied\n");
        assert.equal(withoutReports("tar: ./size-12: Cannot open"), "tar: ./size-12: Cannot open");
    });
});

describe("progress", () => {
    it("tells bytes, rate and the time that is left", () => {
        assert.equal(
            formatProgress({ bytes: 2e9, total: 5e9, rate: 210e6 }),
            "[########------------] 40 %, 2.0 GB of 5.0 GB, 210 MB/s, 15 s left",
        );
        assert.equal(formatProgress({ bytes: 12, total: undefined, rate: 0 }), "12 B, 0 B/s");
        assert.match(formatProgress({ bytes: 1e9, total: 61e9, rate: 500e6 }), /2 min 0 s left$/);
    });
});
