/** The schema of a builder's arguments: the values that are valid for each argument by itself. */
import { isIP } from "node:net";
import * as v from "valibot";
import { parsePlatform } from "../../text/platform";
import { shown } from "../../buildkit/config";
import { legalEndpoint, legalTls } from "../../args/endpoint";
import { gcRule } from "../../args/gcRule";
import { legalPull } from "../../args/image";
import { legalLabels, legalName, onlyKeys, text, textThat } from "../../args/rules";
import { quote, didYouMean } from "../../text/quote";
import type { NodeArguments, UserArgument } from "./args";
import { allOptions } from "./options/groups";
import { yesOrNo } from "./options/rules";

const seconds = (least: number) =>
    v.pipe(
        v.number(({ input }) => `${quote(input)} is not a number of seconds`),
        v.check(
            (value) => Number.isFinite(value) && value >= least,
            ({ input }) => `${quote(input)} is not a number of seconds, ${least} or more`,
        ),
    );

const ruleOf = Object.fromEntries(allOptions.map(([key, { rule }]) => [key, v.optional(rule)]));

const driverOpts = v.pipe(
    v.looseObject(ruleOf, 'write options as { memory: "512m" }'),
    v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const key of Object.keys(dataset.value)) {
            if (key in ruleOf) continue;
            const camelCase = allOptions.find(([, { buildx }]) => buildx === key)?.[0];
            const variable = /^env\.(.+)$/.exec(key)?.[1];
            const here = variable === undefined ? camelCase : `env: { ${JSON.stringify(variable)}: "…" }`;
            const instead = here ? `here it is written ${here}` : didYouMean(key, Object.keys(ruleOf));
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

/** The arguments of a node. */
const ofNode = {
    state: v.optional(v.looseObject({ builderName: v.optional(legalName) }, "is not a BuildKitState")),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    driverOpts: v.optional(driverOpts),
    platforms: v.optional(platforms('["linux/arm64"]')),
    buildkitdFlags: v.optional(
        v.array(
            textThat((flag) => flag !== "", "an argument of buildkitd"),
            'write a list of arguments, such as ["--debug"]',
        ),
    ),
    buildkitdConfig: v.optional(
        // validated separately
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
                ({ input }) => `${quote(input)} is not an address: write { host: "10.0.0.7" }, or "host-gateway"`,
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
