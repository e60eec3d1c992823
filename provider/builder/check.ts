/** What can be known at preview to be wrong with a builder's arguments. */
import { createHash, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { type DriverOptions, driverOptionNames } from "../buildx/driverOptions";
import { parsePlatform } from "../buildx/platform";
import { isCpuSet, parseRestartPolicy, parseSize, parseSwapSize } from "../buildx/values";
import { problemsOfConfig, readConfig, shown } from "../buildkit/config";
import { hasGc } from "../buildkit/gc";
import { canonicalName } from "../buildx/names";
import { gcRule } from "../pulumi/gcArguments";
import { failuresOfEndpoint, legalEndpoint, legalTls } from "../pulumi/endpointArguments";
import { legalImage, legalPull } from "../pulumi/imageArguments";
import { hasUnknown, unknown, withoutUnknown } from "../pulumi/unknown";
import { failuresOf, legalLabels, legalName, onlyKeys, text, textThat } from "../pulumi/validation";
import { formatPath, said, suggestion } from "../words";
import { builderName } from "./desired";
import { whyDefaultUnusable } from "./files";
import type { BuilderInputs, NodeInputs } from "./inputs";

/** The engine's least memory for a container. */
const leastMemory = 6 * 1024 ** 2;

const yesOrNo = v.boolean(({ input }) => `${said(input)} is not true or false`);

const wholeNumber = (what: string, from = 0, to = Number.MAX_SAFE_INTEGER) =>
    v.pipe(
        v.number(({ input }) => `${said(input)} is not ${what}`),
        v.check(
            (value) => Number.isInteger(value) && (value === 0 || value >= from) && value <= to && value >= 0,
            ({ input }) => `${said(input)} is not ${what}`,
        ),
    );

const seconds = (least: number) =>
    v.pipe(
        v.number(({ input }) => `${said(input)} is not a number of seconds`),
        v.check(
            (value) => Number.isFinite(value) && value >= least,
            ({ input }) => `${said(input)} is not a number of seconds, ${least} or more`,
        ),
    );

const size = 'a size: write a number with an optional unit b, k, m or g, such as "512m" or "2g"';

const environment = v.pipe(
    v.record(v.string(), v.string("the value of a variable has to be text"), 'write variables as { NAME: "value" }'),
    v.check((env) => !("" in env), 'a variable needs a name: write { NAME: "value" }'),
    v.check(
        (env) => Object.keys(env).every((name) => !/[=\0]/.test(name)),
        'a variable\'s name cannot hold "=": write { NAME: "value" }',
    ),
);

const driverOptions = v.pipe(
    v.looseObject({
        image: v.optional(legalImage("moby/buildkit:buildx-stable-1")),
        memory: v.optional(
            v.pipe(
                textThat((value) => parseSize(value) !== undefined, size),
                v.check(
                    (value) => (parseSize(value) || leastMemory) >= leastMemory, // what is no size is told above
                    ({ input }) => `"${input}" is less than 6m, the least that the engine gives a container`,
                ),
            ),
        ),
        memorySwap: v.optional(
            textThat((value) => parseSwapSize(value) !== undefined, `${size}, or "-1" for no limit`),
        ),
        cpuQuota: v.optional(wholeNumber("a whole number of microseconds, 1000 or more", 1000)),
        cpuPeriod: v.optional(wholeNumber("a whole number of microseconds from 1000 to 1000000", 1000, 1_000_000)),
        cpuShares: v.optional(wholeNumber("a whole number of shares, 2 or more", 2)),
        cpusetCpus: v.optional(textThat(isCpuSet, 'a list of processors: write "0-3" or "0,2"')),
        cpusetMems: v.optional(textThat(isCpuSet, 'a list of memory nodes: write "0-1" or "0"')),
        defaultLoad: v.optional(yesOrNo),
        network: v.optional(textThat((name) => /^\S+$/.test(name), "the name of a network")),
        cgroupParent: v.optional(textThat((path) => /^\S+$/.test(path), "the path of a cgroup")),
        restartPolicy: v.optional(
            textThat(
                (policy) => parseRestartPolicy(policy) !== undefined,
                'a restart policy: write "no", "always", "unless-stopped", "on-failure" or "on-failure:3"',
            ),
        ),
        env: v.optional(environment),
        provenanceAddGha: v.optional(yesOrNo),
        allowUntrustedImage: v.optional(yesOrNo),
    }),
    v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const key of Object.keys(dataset.value)) {
            if (key in driverOptionNames) continue;
            const camelCase = Object.entries(driverOptionNames).find(([, name]) => name === key)?.[0];
            const instead = camelCase
                ? `here it is written ${camelCase}`
                : suggestion(key, Object.keys(driverOptionNames));
            addIssue({ message: `${key} is no option of the docker-container driver: ${instead}` });
        }
    }),
);

const platform = v.pipe(
    text('a platform: write os/architecture[/variant], such as "linux/arm64"'),
    v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        try {
            parsePlatform(dataset.value);
        } catch (error) {
            addIssue({ message: (error as Error).message });
        }
    }),
);

const platforms = (example: string) => v.array(platform, `write a list of platforms, such as ${example}`);

const address = (host: unknown) => typeof host === "string" && (host === "host-gateway" || isIP(host) !== 0);

const words = (what: string, list: string) =>
    v.array(
        textThat((word) => /^\S+$/.test(word), what),
        list,
    );

const rule = v.pipe(
    v.looseObject(gcRule, 'write a rule, such as { maxUsedSpace: "20GB" }'),
    onlyKeys(Object.keys(gcRule)),
    v.check((given) => Object.keys(given).length > 0, "a rule without bounds would remove everything: give it one"),
);

/** What a node is made by. */
const ofNode = {
    state: v.optional(v.looseObject({ builderName: v.optional(legalName) }, "is not a BuildKitState")),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    driverOpts: v.optional(driverOptions),
    platforms: v.optional(platforms('["linux/arm64"]')),
    buildkitdFlags: v.optional(
        v.array(
            textThat((flag) => flag !== "", "an argument of buildkitd"),
            'write a list of arguments, such as ["--debug"]',
        ),
    ),
    buildkitdConfig: v.optional(
        // looked at apart
        v.custom<string | object>(
            (config) => typeof config === "string" || (typeof config === "object" && !Array.isArray(config)),
            ({ input }) => `${shown(input)} is neither the text of a buildkitd.toml nor the same as an object`,
        ),
    ),
};

const schema = v.looseObject({
    ...ofNode,
    name: v.optional(legalName),
    nodes: v.optional(
        v.pipe(
            v.array(
                v.pipe(
                    v.looseObject({ ...ofNode, name: v.optional(legalName) }),
                    onlyKeys([...Object.keys(ofNode), "name"]),
                ),
            ),
            v.minLength(1, "there has to be one node at least"),
        ),
    ),
    use: v.optional(yesOrNo),
    keepState: v.optional(yesOrNo),
    adopt: v.optional(yesOrNo),
    pull: v.optional(legalPull),
    requirePlatforms: v.optional(platforms('["linux/amd64", "linux/arm64"]')),
    gc: v.optional(
        v.lazy((value) =>
            Array.isArray(value) ? v.pipe(v.array(rule), v.minLength(1, "there has to be one rule at least")) : rule,
        ),
    ),
    extraHosts: v.optional(
        v.record(
            textThat((name) => /^[^\s:=]+$/.test(name), "a host's name"),
            v.custom<string>(
                address,
                ({ input }) => `${said(input)} is not an address: write { host: "10.0.0.7" }, or "host-gateway"`,
            ),
            'write hosts as { host: "10.0.0.7" }',
        ),
    ),
    dns: v.optional(
        v.pipe(
            v.looseObject({
                nameservers: v.optional(
                    v.array(
                        textThat((server) => isIP(server) !== 0, "an address"),
                        'write a list of addresses, such as ["10.0.0.2"]',
                    ),
                ),
                searchDomains: v.optional(words("a domain", 'write a list of domains, such as ["corp.example"]')),
                options: v.optional(
                    words("a resolver option", 'write a list of resolver options, such as ["ndots:2"]'),
                ),
            }),
            onlyKeys(["nameservers", "searchDomains", "options"]),
        ),
    ),
    labels: v.optional(legalLabels),
    bootTimeout: v.optional(seconds(1)),
    drainTimeout: v.optional(seconds(0)),
});

/** What is wrong with a builder's arguments, each at its property. */
export async function failuresOfBuilder(news: BuilderInputs): Promise<CheckFailure[]> {
    const known = withoutUnknown(news);
    const failures = failuresOf(schema, { ...known });
    if (failures.length > 0) return failures;
    const at = (prefix: string, found: CheckFailure[]) =>
        found.map(({ property, reason }) => ({ property: `${prefix}${property}`, reason }));
    const several = Array.isArray(news.nodes) ? news.nodes : undefined;
    const each: [string, NodeInputs][] = [
        ["", news],
        ...(several ?? []).map((node, index) => [`nodes[${index}].`, node] as [string, NodeInputs]),
    ];
    const unusable = await whyAnyDefaultUnusable(news, several);
    const ofDefault = unusable === undefined ? [] : [{ property: "buildkitdConfig", reason: unusable }];
    const ofEach = await Promise.all(each.map(async ([prefix, node]) => at(prefix, await failuresOfNode(node, news))));
    return [...ofDefault, ...ofEach.flat(), ...(several ? failuresOfNodes(news, several) : [])];
}

/** The same of buildx's default configuration, where a node has none of its own. */
async function whyAnyDefaultUnusable({ buildkitdConfig }: BuilderInputs, nodes: NodeInputs[] | undefined) {
    const all = nodes ?? [{}];
    const without = all.find(
        (node) => typeof node === "object" && (node.buildkitdConfig ?? buildkitdConfig) === undefined,
    );
    return without && whyDefaultUnusable(without);
}

async function failuresOfNode(node: NodeInputs, news: BuilderInputs): Promise<CheckFailure[]> {
    if (typeof node !== "object") return [];
    const { driverOpts, buildkitdConfig } = node;
    const hasOptions = typeof driverOpts === "object";
    return [
        ...(hasOptions ? checkSwap(driverOpts) : []),
        ...(hasOptions ? checkNetwork(driverOpts, news.extraHosts, news.dns) : []),
        ...(await failuresOfEndpoint(node, { isAll: node === news && news.nodes === undefined && !news.state })),
        ...(await failuresOfConfig(buildkitdConfig, news.gc !== undefined)),
    ];
}

async function failuresOfConfig(config: NodeInputs["buildkitdConfig"], isBesideGc: boolean): Promise<CheckFailure[]> {
    const property = "buildkitdConfig";
    if (config === undefined || (config as unknown) === unknown) return [];
    const problems = await problemsOfConfig(withoutUnknown(config), { isWhole: !hasUnknown(config) });
    if (isBesideGc && problems.length === 0 && hasGc((await readConfig(withoutUnknown(config))).table))
        return [
            { property: "gc", reason: "buildkitdConfig says under worker.oci what is collected, too: leave one out" },
        ];
    return problems.map(({ path, reason }) => {
        if (typeof config !== "string") return { property: formatPath([property, ...path]), reason };
        return { property, reason: path.length === 0 ? reason : `${formatPath(path)}: ${reason}` };
    });
}

/** What cannot be true of several nodes at once. */
function failuresOfNodes(news: BuilderInputs, nodes: NodeInputs[]): CheckFailure[] {
    const failures: CheckFailure[] = [];
    if (news.state !== undefined) {
        failures.push({
            property: "state",
            reason: "with nodes, each has a state of its own: write it as nodes[0].state",
        });
    }
    const name = builderName(news);
    for (const [index, node] of nodes.entries()) {
        if (typeof node !== "object" || hasUnknown(node)) continue;
        const { state } = node;
        if (state !== undefined && node.name !== undefined && canonicalName(node.name) !== state.node) {
            const reason = `"${node.name}" is not the node of its state, ${state.node}: leave one of the two out`;
            failures.push({ property: `nodes[${index}].name`, reason });
        }
        if (state !== undefined && state.builderName !== name) {
            const reason = `it is the state of a builder "${state.builderName}", and this one is "${name}"`;
            failures.push({ property: `nodes[${index}].state`, reason });
        }
        for (const [key, what] of [
            ["name", "the name"],
            ["endpoint", "the endpoint"],
        ] as const) {
            const of = (each: NodeInputs) =>
                key === "name" ? (each.state?.node ?? each.name?.toLowerCase()) : each.endpoint;
            const other = nodes.slice(0, index).findIndex((each) => of(node) !== undefined && of(each) === of(node));
            if (other < 0) continue;
            const reason = `${what} "${of(node)}" is that of nodes[${other}]: each node needs one of its own`;
            failures.push({ property: `nodes[${index}].${key}`, reason });
        }
    }
    return failures;
}

/**
 * The number in the automatic name of each node: a node keeps its own while others come and go, a new one has the first
 * that is free, as buildx does it (buildx: `store/nodegroup.go`, `nextNodeName`).
 */
export function nodeIndexes(olds: Partial<BuilderInputs>, nodes: readonly NodeInputs[]): number[] {
    const before = Array.isArray(olds.nodes) ? olds.nodes : [{ endpoint: olds.endpoint }];
    const numbers = before.map((_, index) => olds.__nodeIndexes?.[index] ?? index);
    const taken = new Set<number>();
    for (const { name, state } of nodes) {
        const number = Number(/\d+$/.exec(state?.node ?? name ?? "")?.[0] ?? Number.NaN);
        if (!Number.isNaN(number)) taken.add(number);
    }
    const isUnnamed = (node: NodeInputs) => node.name === undefined && node.state === undefined;
    const kept = nodes.map((node) => {
        const at = before.findIndex(
            (each, index) =>
                isUnnamed(node) &&
                isUnnamed(each) &&
                each.endpoint === node.endpoint &&
                !taken.has(numbers[index] as number),
        );
        if (at < 0) return undefined;
        taken.add(numbers[at] as number);
        return numbers[at];
    });
    return nodes.map((node, index) => {
        const number = kept[index];
        if (number !== undefined || !isUnnamed(node)) return number ?? index;
        let free = 0;
        while (taken.has(free)) free++;
        taken.add(free);
        return free;
    });
}

/** A network that is another container's has its hosts and its name servers. */
function checkNetwork({ network }: DriverOptions, extraHosts: unknown, dns: unknown): CheckFailure[] {
    if (!network?.startsWith("container:")) return [];
    const taken = Object.entries({ extraHosts, dns }).filter(([, value]) => value !== undefined);
    return taken.map(([property]) => ({
        property,
        reason: `a builder on the network of another container ("${network}") has that one's: set it there`,
    }));
}

/** The limit with swap is the sum of both; what is not known yet is not compared. */
function checkSwap({ memory, memorySwap }: DriverOptions): CheckFailure[] {
    const swap = parseSwapSize(memorySwap ?? "0") ?? 0;
    if (swap <= 0 || memory === unknown) return [];
    const least = parseSize(memory ?? "0");
    if (least === undefined || (least > 0 && swap >= least)) return [];
    const reason =
        least === 0
            ? "memorySwap needs memory beside it, since it is memory and swap together"
            : `"${memorySwap}" is less than memory, "${memory}": it is memory and swap together, so make it as much or more`;
    return [{ property: "driverOpts.memorySwap", reason }];
}

/**
 * `<logical name>-<7 hex digits>`, at random, but for a builder whose volume is to outlive it: there the same
 * resource has the same name again and so finds its volume.
 */
export function automaticName({ __urn: urn, keepState }: BuilderInputs): string {
    const logical = (urn.split("::").at(-1) ?? "").replace(/[^a-zA-Z0-9._-]+/g, "-").replace(/^[^a-zA-Z]+/, "");
    const digits = keepState === true ? createHash("sha256").update(urn).digest("hex") : randomBytes(4).toString("hex");
    return `${logical || "builder"}-${digits.slice(0, 7)}`.toLowerCase();
}
