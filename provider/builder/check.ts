/** What can be known at preview to be wrong with a builder's arguments. */
import { createHash, randomBytes } from "node:crypto";
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { type DriverOptions, driverOptionNames } from "../buildx/driverOptions";
import { parsePlatform } from "../buildx/platform";
import { isCpuSet, parseRestartPolicy, parseSize, parseSwapSize } from "../buildx/values";
import { parseImageReference } from "../docker/imageReference";
import { unknown, withoutUnknown } from "../pulumi/unknown";
import { failuresOf, legalName, said, suggestion, text, textThat } from "../pulumi/validation";
import type { BuilderInputs } from "./inputs";

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
        image: v.optional(
            textThat(
                (name) => parseImageReference(name) !== undefined,
                'an image\'s name: write [registry/]repository[:tag][@digest], such as "moby/buildkit:buildx-stable-1"',
            ),
        ),
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

const schema = v.looseObject({
    name: v.optional(legalName),
    state: v.optional(v.looseObject({ builderName: v.optional(legalName) }, "is not a BuildKitState")),
    endpoint: v.optional(
        textThat(
            (value) => value.trim() !== "",
            'a docker context\'s name or a host, such as "unix:///var/run/docker.sock"',
        ),
    ),
    driverOpts: v.optional(driverOptions),
    platforms: v.optional(v.array(platform, 'write a list of platforms, such as ["linux/arm64"]')),
    buildkitdFlags: v.optional(
        v.array(
            textThat((flag) => flag !== "", "an argument of buildkitd"),
            'write a list of arguments, such as ["--debug"]',
        ),
    ),
    use: v.optional(yesOrNo),
    keepState: v.optional(yesOrNo),
    adopt: v.optional(yesOrNo),
    pull: v.optional(v.picklist(["missing", "always"], ({ input }) => `${said(input)} is not "missing" or "always"`)),
    labels: v.optional(
        v.record(
            v.string(),
            v.string(({ input }) => `${said(input)} is not text`),
        ),
    ),
    bootTimeout: v.optional(seconds(1)),
    drainTimeout: v.optional(seconds(0)),
});

/** What is wrong with a builder's arguments, each at its property. */
export function failuresOfBuilder(news: BuilderInputs): CheckFailure[] {
    const failures = failuresOf(schema, { ...withoutUnknown(news) });
    const { driverOpts } = news;
    if (failures.length === 0 && typeof driverOpts === "object") failures.push(...checkSwap(driverOpts));
    return failures;
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
