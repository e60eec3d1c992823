/** The schema of a builder's arguments: the values that are valid for each argument by itself. */
import { isIP } from "node:net";
import * as v from "valibot";
import { legalEndpoint, legalTls } from "../../args/endpoint";
import { legalPull } from "../../args/image";
import { legalPlatforms } from "../../args/platforms";
import { flag, legalLabels, legalName, onlyKeys, seconds, textThat } from "../../args/rules";
import { quote, didYouMean } from "../../text/quote";
import { legalConfig, legalGc, legalNodes } from "../builder/schema";
import type { NodeArguments, UserArgument } from "./args";
import { allOptions } from "./options/groups";
import { oneWord } from "./options/rules";

const ruleOf = Object.fromEntries(allOptions.map(([key, { rule }]) => [key, v.optional(rule)]));

const driverOpts = v.pipe(
    v.looseObject(ruleOf, 'must be an object, for example { memory: "512m" }'),
    v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const key of Object.keys(dataset.value)) {
            if (key in ruleOf) continue;
            const camelCase = allOptions.find(([, { buildx }]) => buildx === key)?.[0];
            const variable = /^env\.(.+)$/.exec(key)?.[1];
            const here = variable === undefined ? camelCase : `env: { ${JSON.stringify(variable)}: "…" }`;
            const instead = here ? `write ${here} instead` : didYouMean(key, Object.keys(ruleOf));
            addIssue({ message: `"${key}" is not a valid option of the docker-container driver: ${instead}` });
        }
    }),
);

const address = (host: unknown) => typeof host === "string" && (host === "host-gateway" || isIP(host) !== 0);

const words = (message: (value: unknown) => string, list: string) => v.array(oneWord(message), list);

/** The arguments of a node. */
const nodeRules = {
    state: v.optional(v.looseObject({ builderName: v.optional(legalName) }, "must be a BuildKitState")),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    driverOpts: v.optional(driverOpts),
    platforms: v.optional(legalPlatforms('["linux/arm64"]')),
    buildkitdFlags: v.optional(
        v.array(
            textThat(
                (argument) => argument !== "",
                (value) =>
                    `${quote(value)} is not a valid argument of buildkitd: must not be empty, for example "--debug"`,
            ),
            'must be a list of arguments, for example ["--debug"]',
        ),
    ),
    buildkitdConfig: v.optional(legalConfig),
} satisfies Record<keyof NodeArguments, v.GenericSchema>;

export const schema = v.looseObject({
    ...nodeRules,
    name: v.optional(legalName),
    nodes: v.optional(legalNodes(nodeRules, '[{ endpoint: "unix:///var/run/docker.sock" }]')),
    use: v.optional(flag),
    keepState: v.optional(flag),
    adopt: v.optional(flag),
    pull: v.optional(legalPull),
    requirePlatforms: v.optional(legalPlatforms('["linux/amd64", "linux/arm64"]')),
    gc: v.optional(legalGc),
    extraHosts: v.optional(
        v.record(
            textThat(
                (name) => /^[^\s:=]+$/.test(name),
                (value) => `${quote(value)} is not a valid host name: must not be empty or contain spaces, ":" or "="`,
            ),
            v.custom<string>(
                address,
                ({ input }) =>
                    `${quote(input)} is not a valid address of a host: must be an IP address or "host-gateway", for example "10.0.0.7"`,
            ),
            'must be an object of addresses by host name, for example { host: "10.0.0.7" }',
        ),
    ),
    dns: v.optional(
        v.pipe(
            v.looseObject(
                {
                    nameservers: v.optional(
                        v.array(
                            textThat(
                                (server) => isIP(server) !== 0,
                                (value) =>
                                    `${quote(value)} is not a valid name server: must be an IP address, for example "10.0.0.2"`,
                            ),
                            'must be a list of addresses, for example ["10.0.0.2"]',
                        ),
                    ),
                    searchDomains: v.optional(
                        words(
                            (value) => `${quote(value)} is not a valid domain: must not be empty or contain spaces`,
                            'must be a list of domains, for example ["corp.example"]',
                        ),
                    ),
                    options: v.optional(
                        words(
                            (value) =>
                                `${quote(value)} is not a valid resolver option: must not be empty or contain spaces`,
                            'must be a list of resolver options, for example ["ndots:2"]',
                        ),
                    ),
                },
                'must be an object, for example { nameservers: ["10.0.0.2"] }',
            ),
            onlyKeys(["nameservers", "searchDomains", "options"]),
        ),
    ),
    labels: v.optional(legalLabels),
    bootTimeout: v.optional(seconds({ min: 1 })),
    drainTimeout: v.optional(seconds({ min: 0 })),
} satisfies Record<UserArgument, v.GenericSchema>);
