/** The page of the command line. Its samples are what the commands print for the facts below. */
import { diagnose } from "../../cli/doctor/diagnose";
import { kinds } from "../../cli/doctor/kinds";
import { renderFindings } from "../../cli/doctor/render";
import { screenOf } from "../../cli/format/screen";
import { help } from "../../cli/help";
import { reportStatus } from "../../cli/status/report";
import { jsonOf } from "../../cli/status/status";
import { renderStatus } from "../../cli/status/table";
import { container, engine, host, machine, now, ours, record, volume } from "../../tests/support/facts";
import { code, page, table } from "./markdown";

const usage = { total: 4_010_000_000, reclaimable: 3_200_000_000, byType: { regular: 4_010_000_000 }, lastUsed: now };
const platforms = ["linux/amd64", "linux/amd64/v2", "linux/amd64/v3", "linux/386"];

/** A machine with a builder that runs, one that stopped, and a cache without a builder. */
const there = machine({
    records: [record({ name: "ci" }), record({ name: "farm", lastUsed: new Date(now.getTime() - 3 * 86_400_000) })],
    engines: [
        engine({
            containers: [
                container({
                    name: "buildx_buildkit_ci0",
                    owner: ours("BuildxBuilder", "ci"),
                    workers: { version: "v0.34.2", platforms },
                    usage,
                }),
                container({
                    name: "buildx_buildkit_farm0",
                    state: "exited",
                    exitCode: 1,
                    workers: undefined,
                    lastLogLine: "buildkitd: could not lock /var/lib/buildkit/buildkitd.lock",
                }),
            ],
            volumes: [
                volume({ name: "buildx_buildkit_ci0_state", users: ["buildx_buildkit_ci0"] }),
                volume({ name: "buildx_buildkit_farm0_state", users: ["buildx_buildkit_farm0"], size: 131_000 }),
                volume({ name: "buildx_buildkit_arm0_state", owner: ours("BuildKitState", "cache-arm"), size: 0 }),
            ],
        }),
    ],
    current: "ci",
});

const later = new Date(now.getTime() + 4_000);
const screen = screenOf({}, {});
const block = (language: string, text: string) => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

export function cliPage(): string {
    const builders = reportStatus(there, []);
    const findings = diagnose(there, host(), []);
    const [first] = builders;
    if (first === undefined) throw new Error("the sample has no builder");
    return page(
        "Command line",
        "`npx pulumi-buildx` shows the builders of this machine and finds problems with them. It needs no Pulumi project, no " +
            "stack and no buildx plugin, and it changes nothing except with `plugin install`.",
        block("text", help),
        "## status",
        `Lists every builder in buildx's store, and the containers and volumes of builders without a record.`,
        block("console", `$ npx pulumi-buildx status\n${renderStatus(builders, screen, later)}`),
        [
            "- `*` marks the current builder of `docker buildx`. A builder with several nodes has a row for each node below it.",
            "- `STATUS` is `running`, `silent` (the container or pod runs, but BuildKit does not respond), `restarting`, `paused`, " +
                "`stopped` (for a `KubernetesBuilder`: no pod is ready), `inactive` (no container or workload), `volume only`, " +
                "`unreachable` (the engine, remote daemon or cluster does not answer within 8 seconds), or the driver of a " +
                "builder that is not examined.",
            "- `CACHE` is the size that BuildKit reports. If BuildKit does not run, `CACHE` is the size of the volume.",
            "- `STACK` is the stack and the resource that created the container or the volume, from their labels. A container " +
                "that buildx created and a resource adopted has no stack until the container is recreated.",
        ].join("\n"),
        "With `--json`, `status` prints an object with the list `builders`. Every key is always present; the value is `null` if " +
            "it is not known. Sizes are in bytes, times in RFC 3339 format.",
        block("json", JSON.stringify({ builders: [jsonOf(first)] }, undefined, 4)),
        "## doctor",
        "Finds problems and prints the commands that fix them. It runs none of these commands.",
        block("console", `$ npx pulumi-buildx doctor\n${renderFindings(findings, screen)}`),
        "A container or volume of a resource whose buildx store is on another machine is not examined, because that machine " +
            "has its record. The volume of a `BuildKitState` needs no builder.",
        "With `--json`, `doctor` prints `healthy` and the list `findings`. A finding has `kind` (it never changes), `severity` " +
            "(`problem` or `hint`), `subject`, `found` (a sentence), and `mends`: ways to fix the problem, the preferred one " +
            "first, each with `what` and, if there is one, `command`.",
        block("json", JSON.stringify({ healthy: false, findings }, undefined, 4)),
        "`doctor --list` lists the kinds of findings. Each kind has a heading in [troubleshooting](../troubleshooting.md).",
        table(
            ["kind", "severity", "finding"],
            Object.entries(kinds).map(([kind, { severity, description }]) => [
                `[${code(kind)}](../troubleshooting.md#${kind})`,
                severity,
                description,
            ]),
        ),
        "## plugin install",
        "Installs the Pulumi plugin of this version for programs in YAML, Python, Go and other languages, without a network. " +
            "If the plugin is already installed, nothing changes. It needs the Pulumi CLI 3.200 or newer.",
        block("sh", "npx pulumi-buildx plugin install"),
        "## Exit codes",
        table(
            ["code", "meaning"],
            [
                ["0", "success"],
                ["1", "`doctor` found a problem, or `status` did not find a name or cannot list buildx's store"],
                ["2", "an argument is not valid"],
                ["3", "an unexpected error"],
                ["4", "`plugin install` cannot install the plugin"],
            ],
        ),
    );
}
