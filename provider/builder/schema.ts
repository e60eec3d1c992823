/** The schema of a builder's arguments: what each of them may be by itself. */
import { isIP } from "node:net";
import * as v from "valibot";
import { type DriverOptions, driverOptionNames } from "../buildx/driverOptions";
import { parsePlatform } from "../buildx/platform";
import { didYouMean } from "../buildx/sizes";
import { isCpuSet, nearestSize, parseRestartPolicy, parseSize, parseSwapSize } from "../buildx/values";
import { shown } from "../buildkit/config";
import { legalEndpoint, legalTls } from "../args/endpoint";
import { gcRule } from "../args/gcRule";
import { legalImage, legalPull } from "../args/image";
import { legalLabels, legalName, onlyKeys, text, textThat } from "../args/rules";
import { said, suggestion } from "../words";
import type { NodeArguments, UserArgument } from "./inputs";

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

/** A size as docker reads it, with what was probably meant in the message about one that is none. */
const legalSize = (isLegal: (text: string) => boolean, what: string) => {
    const message = ({ input }: { input: unknown }) => `${said(input)} is not ${what}${didYouMean(nearestSize(input))}`;
    return v.pipe(v.string(message), v.check(isLegal, message));
};

const environment = v.pipe(
    v.record(v.string(), v.string("the value of a variable has to be text"), 'write variables as { NAME: "value" }'),
    v.check((env) => !("" in env), 'a variable needs a name: write { NAME: "value" }'),
    v.check(
        (env) => Object.keys(env).every((name) => !/[=\0]/.test(name)),
        'a variable\'s name cannot hold "=": write { NAME: "value" }',
    ),
);

const driverOptions = v.pipe(
    v.looseObject(
        {
            image: v.optional(legalImage("moby/buildkit:buildx-stable-1")),
            memory: v.optional(
                v.pipe(
                    legalSize((value) => parseSize(value) !== undefined, size),
                    v.check(
                        (value) => (parseSize(value) || leastMemory) >= leastMemory, // what is no size is told above
                        ({ input }) => `"${input}" is less than 6m, the least that the engine gives a container`,
                    ),
                ),
            ),
            memorySwap: v.optional(
                legalSize((value) => parseSwapSize(value) !== undefined, `${size}, or "-1" for no limit`),
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
        } satisfies Record<keyof DriverOptions, v.GenericSchema>,
        'write options as { memory: "512m" }',
    ),
    v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const key of Object.keys(dataset.value)) {
            if (key in driverOptionNames) continue;
            const camelCase = Object.entries(driverOptionNames).find(([, name]) => name === key)?.[0];
            const variable = /^env\.(.+)$/.exec(key)?.[1];
            const here = variable === undefined ? camelCase : `env: { ${JSON.stringify(variable)}: "…" }`;
            const instead = here ? `here it is written ${here}` : suggestion(key, Object.keys(driverOptionNames));
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
} satisfies Record<keyof NodeArguments, v.GenericSchema>;

export const schema = v.looseObject({
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
} satisfies Record<UserArgument, v.GenericSchema>);
