import { strict as assert } from "node:assert";
import { commands, parseArguments } from "../../cli/arguments";
import { reportStatus } from "../../cli/status/report";
import { renderStatus } from "../../cli/status/table";
import { shortPlatforms } from "../../cli/format/platforms";
import { formatAge, formatHumanSize } from "../../cli/format/quantities";
import { screenOf } from "../../cli/format/screen";
import { dockerAt, quote } from "../../cli/format/shell";
import { resourceOf } from "../../cli/format/stack";
import { help } from "../../cli/help";
import { container, engine, machine, now, ours, record, volume } from "../support/facts";

describe("the command line", () => {
    it("is read in any order", () => {
        const wanted = { command: "status", names: ["ci", "x"], json: true };
        assert.deepEqual(parseArguments(["status", "--json", "CI", "x"]), wanted);
        assert.deepEqual(parseArguments(["--json", "status", "ci", "x"]), wanted);
        assert.equal(parseArguments([]), "help");
        assert.equal(parseArguments(["status", "-h"]), "help");
        assert.equal(parseArguments(["--version"]), "version");
        assert.equal(parseArguments(["plugin", "install"]), "plugin install");
        assert.equal(parseArguments(["--list", "doctor"]), "doctor list");
    });

    for (const [args, message] of [
        [["stats"], '"stats" is not a valid command: did you mean status?'],
        [["x"], '"x" is not a valid command: must be one of status, doctor, plugin'],
        [["plugin", "instal"], '"plugin instal" is not a valid command: did you mean plugin install?'],
        [["plugin"], "did you mean plugin install?"],
        [["plugin", "install", "ci"], 'plugin install does not accept "ci"'],
        [["status", "--jsn"], '"--jsn" is not a valid option: did you mean --json?'],
        [["status", "--json=1"], "option --json does not accept a value"],
        [["status", "-x"], '"-x" is not a valid option'],
        [["status", "--list"], "option --list is not supported with status"],
        [["plugin", "install", "--list"], "option --list is not supported with plugin install"],
        [["doctor", "--list", "ci"], 'doctor --list does not accept "ci"'],
        [["doctor", "--list", "--json"], "option --json is not supported with doctor --list"],
    ] as const) {
        it(`suggests what was meant by ${args.join(" ")}`, () =>
            assert.throws(() => parseArguments(args), { message: new RegExp(message.replace(/[?]/g, "\\?")) }));
    }
});

describe("the help", () => {
    it("has only examples that the command line accepts", () => {
        const examples = [...help.matchAll(/^ {2}pulumi-buildx (.*?)(?: {2}|$)/gm)].map(([, args = ""]) => args);
        assert.ok(examples.length >= 3);
        for (const args of examples) assert.ok(parseArguments(args.split(" ")), args);
    });

    it("names every command and option", () => {
        for (const name of [...commands, "--json", "--list", "--help", "--version"])
            assert.ok(help.includes(name), name);
    });
});

describe("words for a person", () => {
    it("are sizes as docker prints them", () => {
        const sizes = [0, 999, 1000, 25_554_026, 999_999, 1_500_000_000_000].map(formatHumanSize);
        assert.deepEqual(sizes, ["0B", "999B", "1kB", "25.6MB", "1MB", "1.5TB"]);
    });

    it("are ages", () => {
        const ages = [0.2, 1, 59, 60, 3 * 3600, 47 * 3600, 3 * 86_400, 20 * 86_400, 70 * 86_400, 800 * 86_400, -5];
        assert.deepEqual(
            ages.map((seconds) => formatAge(new Date(now.getTime() - seconds * 1000), now)),
            [
                ...["just now", "1 second ago", "59 seconds ago", "1 minute ago", "3 hours ago", "47 hours ago"],
                ...["3 days ago", "2 weeks ago", "2 months ago", "2 years ago", "just now"],
            ],
        );
    });

    it("are platforms as docker buildx ls has them", () => {
        const amd64 = ["linux/amd64", "linux/amd64/v2", "linux/amd64/v3"];
        assert.equal(shortPlatforms([...amd64, "linux/arm64"]), "linux/amd64 (+2), linux/arm64");
        const many = ["linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/386", "linux/s390x", "linux/riscv64"];
        assert.equal(
            shortPlatforms([...amd64, ...many]),
            "linux/amd64 (+2), linux/arm64, linux/arm (+1), linux/386, (2 more)",
        );
        assert.equal(shortPlatforms([]), "");
    });

    it("tell a resource by its URN, whatever its name holds", () => {
        const urn = "urn:pulumi:dev::app::parent:type$pulumi-nodejs:dynamic/buildx:BuildxBuilder::a::b c";
        const { stack, project, type, name } = resourceOf({ urn, store: "" }) ?? {};
        assert.deepEqual([stack, project, type, name], ["dev", "app", "BuildxBuilder", "a::b c"]);
        assert.equal(resourceOf({ urn: "something", store: "" }), undefined);
        assert.equal(resourceOf(undefined), undefined);
    });

    it("are commands that a shell takes", () => {
        assert.equal(quote("unix:///run/a.sock"), "unix:///run/a.sock");
        assert.equal(quote("/it's here"), `'/it'\\''s here'`);
        assert.equal(dockerAt(engine({ isCurrent: true })), "docker");
        assert.equal(dockerAt(engine({ addresses: ["tcp://h:1"] })), "docker --host tcp://h:1");
        assert.equal(dockerAt(engine({ addresses: ["farm"], host: "tcp://h:1" })), "docker --context farm");
    });

    it("are coloured only for a terminal that has not been told otherwise", () => {
        const painted = (stream: { isTTY?: boolean }, env = {}) => screenOf(stream, env).paint("red", "x") !== "x";
        assert.equal(painted({ isTTY: true }), true);
        assert.equal(painted({}), false);
        assert.equal(painted({ isTTY: true }, { NO_COLOR: "1" }), false);
        assert.equal(painted({ isTTY: true }, { TERM: "dumb" }), false);
        assert.equal(screenOf({ isTTY: true, columns: 90 }, {}).width, 90);
        assert.equal(screenOf({ columns: 90 }, {}).width, Infinity);
    });
});

describe("status", () => {
    const usage = { total: 25_554_026, reclaimable: 4_000_000, byType: { regular: 25_554_026 }, lastUsed: now };
    const running = container({ name: "buildx_buildkit_ci0", owner: ours("BuildxBuilder", "ci"), usage });
    const screen = screenOf({}, {});

    it("has a row for a builder of one node, and rows below one of several", () => {
        const there = machine({
            records: [record({ name: "ci" }), record({ name: "farm", nodes: ["farm0", "farm1"], lastUsed: undefined })],
            engines: [engine({ containers: [running, container({ name: "buildx_buildkit_farm0" })] })],
            current: "ci",
        });
        const text = renderStatus(reportStatus(there, []), screen, new Date(now.getTime() + 3 * 3600 * 1000));
        assert.deepEqual(text.split("\n"), [
            "NAME      STATUS          BUILDKIT  PLATFORMS     CACHE  RECLAIMABLE  LAST USED    STACK",
            "ci*       running         v0.34.2   linux/amd64  25.6MB          4MB  3 hours ago  app/dev ci",
            "farm      1 of 2 running                                              -            -",
            " └ farm0  running         v0.34.2   linux/amd64       -            -  -            -",
            " └ farm1  inactive        -         -                 -            -  -            -",
            "",
        ]);
    });

    it("cuts what is long to the width of a terminal, and nothing without one", () => {
        const workers = { version: "v0.34.2", platforms: ["linux/amd64", "linux/arm64", "linux/s390x", "linux/386"] };
        const there = machine({
            records: [record({ name: "ci" })],
            engines: [engine({ containers: [{ ...running, workers }] })],
        });
        const builders = reportStatus(there, []);
        const lines = renderStatus(builders, { ...screen, width: 100 }, now)
            .trimEnd()
            .split("\n");
        for (const line of lines) assert.ok(line.length <= 100, line);
        assert.match(lines[1] ?? "", /linux\/amd64, .*…/);
        assert.match(renderStatus(builders, screen, now), /linux\/386/);
    });

    it("tells what has no record, whose it is, and leaves out what mounts belong to", () => {
        const there = machine({
            engines: [
                engine({
                    containers: [running],
                    volumes: [
                        volume({ name: "buildx_buildkit_ci0_state", users: [running.name] }),
                        volume({
                            name: "buildx_buildkit_old0_state",
                            size: 5e6,
                            owner: ours("BuildKitState", "cache"),
                        }),
                    ],
                }),
            ],
        });
        const told = reportStatus(there, []).map(({ name, hasRecord, status, resource, nodes }) => {
            return [name, hasRecord, status, resource?.name, nodes[0]?.cache?.total];
        });
        assert.deepEqual(told, [
            ["ci0", false, "running, no record", "ci", 25_554_026],
            ["old0", false, "volume only", "cache", 5e6],
        ]);
    });

    it("names other drivers and what cannot be read or reached, and goes on", () => {
        const message = "no Docker engine responds at tcp://far:2376";
        const there = machine({
            records: [
                record({ name: "broken", unreadable: "it is no JSON", driver: "", nodes: [] }),
                record({ name: "cloud", driver: "cloud" }),
                record({ name: "far", address: "tcp://far:2376" }),
            ],
            engines: [engine({ addresses: ["tcp://far:2376"], error: { kind: "silent", message } })],
        });
        const builders = reportStatus(there, []);
        assert.deepEqual(
            builders.map(({ name, status }) => [name, status]),
            [
                ["broken", "unreadable"],
                ["cloud", "cloud driver"],
                ["far", "unreachable"],
            ],
        );
        assert.match(renderStatus(builders, screen, now), /it is no JSON\n.*tcp:\/\/far:2376\n\n.*doctor/s);
    });

    it("is of the builders that are asked for, by their name or that of a node, container or volume", () => {
        const there = machine({
            records: [record({ name: "ci" }), record({ name: "other" })],
            engines: [engine({ volumes: [volume({ name: "buildx_buildkit_ci20_state" })] })],
        });
        const told = (...asked: string[]) => reportStatus(there, asked).map(({ name }) => name);
        assert.deepEqual(told("ci"), ["ci"]);
        assert.deepEqual(told("ci0"), ["ci"]);
        assert.deepEqual(told("ci2"), ["ci20"]);
        assert.deepEqual(told("buildx_buildkit_ci20_state"), ["ci20"]);
        assert.deepEqual(told("none"), []);
    });
});
