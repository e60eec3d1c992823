/** The schema of a builder's arguments: the values that are valid for each argument by itself. */
import * as v from "valibot";
import { legalPlatforms } from "../../args/platforms";
import { flag, legalName, onlyKeys, seconds, text, textThat } from "../../args/rules";
import { isOwnLabel } from "../../ownership";
import { isKey, isLabelValue, isNamespace, isObjectName, isQuantity, nearestQuantity } from "../../text/kubernetes";
import { orNearest } from "../../text/diskSpace";
import { quote } from "../../text/quote";
import { legalConfig, legalGc, legalNodes } from "../builder/schema";
import type {
    KubernetesClaim,
    KubernetesNodeArguments,
    KubernetesQemu,
    KubernetesResources,
    KubernetesToleration,
    UserArgument,
} from "./args";

const quantity = (example: string) =>
    textThat(
        isQuantity,
        (value) =>
            `${quote(value)} is not a valid quantity: must be a text with a number and an optional unit of Kubernetes, ` +
            `for example "${example}"${orNearest(nearestQuantity(value))}`,
    );

const notEmpty = (what: string, example: string) =>
    textThat(
        (value) => value.trim() !== "",
        (value) => `${quote(value)} is not a valid ${what}: must not be empty, for example "${example}"`,
    );

const objectName = (what: string, example: string) =>
    textThat(
        isObjectName,
        (value) =>
            `${quote(value)} is not a valid ${what}: must have only small letters, digits, "-" and ".", for example "${example}"`,
    );

const resources = v.pipe(
    v.looseObject(
        {
            cpu: v.optional(quantity("500m")),
            memory: v.optional(quantity("4Gi")),
            ephemeralStorage: v.optional(quantity("20Gi")),
        } satisfies Record<keyof KubernetesResources, v.GenericSchema>,
        'must be an object, for example { cpu: "2", memory: "4Gi" }',
    ),
    onlyKeys(["cpu", "memory", "ephemeralStorage"]),
);

const key = (what: string, reserved: string) =>
    v.pipe(
        v.string(),
        v.check(isKey, ({ input }) => `"${input}" is not a valid key of a ${what}, for example "example.com/team"`),
        v.check(
            (value) => value !== reserved && !isOwnLabel(value),
            ({ input }) =>
                `"${input}" is not a valid ${what}: it is reserved for ${input === reserved ? "buildx" : "this package"}. ` +
                "Use another key",
        ),
    );

const labelValue = textThat(
    isLabelValue,
    (value) =>
        `${quote(value)} is not a valid label value: must be at most 63 letters, digits, "-", "_" and ".", and start and end ` +
        "with a letter or digit",
);

const legalLabels = v.record(key("label", "app"), labelValue, 'must be an object of texts, for example { team: "ci" }');

const legalAnnotations = v.record(
    key("annotation", "buildx.docker.com/platform"),
    text((value) => `${quote(value)} is not a valid annotation value: must be a string`),
    'must be an object of texts, for example { "example.com/team": "ci" }',
);

const oneOf = (what: string, legal: readonly string[]) =>
    textThat(
        (value) => legal.includes(value),
        (value) => `${quote(value)} is not a valid ${what}: must be ${legal.map((each) => `"${each}"`).join(" or ")}`,
    );

const wholeNumber = (what: string, least: number) =>
    v.custom<number>(
        (value) => typeof value === "number" && Number.isInteger(value) && value >= least && value < 2 ** 31,
        ({ input }) => `${quote(input)} is not a valid ${what}: must be a whole number, ${least} or more`,
    );

const tolerationRules = {
    key: v.optional(textThat(isKey, (value) => `${quote(value)} is not a valid key of a taint`)),
    operator: v.optional(oneOf("operator", ["Equal", "Exists"])),
    value: v.optional(labelValue),
    effect: v.optional(oneOf("effect", ["NoSchedule", "PreferNoSchedule", "NoExecute"])),
    tolerationSeconds: v.optional(wholeNumber("number of seconds", 0)),
} satisfies Record<keyof KubernetesToleration, v.GenericSchema>;

const toleration = v.pipe(
    v.looseObject(tolerationRules, 'must be an object, for example { key: "builds", operator: "Exists" }'),
    onlyKeys(Object.keys(tolerationRules)),
    v.check(
        ({ operator, value }) => operator !== "Exists" || value === undefined,
        'a toleration with the operator "Exists" has no value: remove the value',
    ),
    v.check(
        ({ key: given, operator }) => given !== undefined || operator === "Exists",
        'a toleration without a key must have the operator "Exists"',
    ),
);

const qemuRules = {
    install: v.optional(flag),
    image: v.optional(notEmpty("image", "tonistiigi/binfmt")),
} satisfies Record<keyof KubernetesQemu, v.GenericSchema>;

const accessModes = ["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"];

const claimRules = {
    storage: v.optional(quantity("50Gi")),
    storageClass: v.optional(objectName("StorageClass", "fast")),
    accessModes: v.optional(
        v.pipe(
            v.array(oneOf("access mode", accessModes), 'must be a list, for example ["ReadWriteOnce"]'),
            v.minLength(1, "must have at least one access mode"),
        ),
    ),
    annotations: v.optional(legalAnnotations),
} satisfies Record<keyof KubernetesClaim, v.GenericSchema>;

const environment = v.record(
    textThat(
        (name) => name !== "" && !/[=\0]/.test(name),
        () => 'the name of a variable must not be empty or contain "="',
    ),
    text(() => "the value of a variable must be a string"),
    'must be an object, for example { NAME: "value" }',
);

/** The arguments of a node. */
const nodeRules = {
    kubeconfig: v.optional(
        notEmpty("kubeconfig: must be the path of a file or the text of a kubeconfig", "~/.kube/config"),
    ),
    context: v.optional(notEmpty("context", "production")),
    namespace: v.optional(
        textThat(
            isNamespace,
            (value) =>
                `${quote(value)} is not a valid namespace: must have at most 63 small letters, digits and "-", for example "builds"`,
        ),
    ),
    image: v.optional(notEmpty("image", "moby/buildkit:buildx-stable-1")),
    env: v.optional(environment),
    replicas: v.optional(wholeNumber("number of replicas", 1)),
    requests: v.optional(resources),
    limits: v.optional(resources),
    nodeSelector: v.optional(
        v.record(
            textThat(isKey, (value) => `${quote(value)} is not a valid key of a label`),
            labelValue,
            'must be an object of texts, for example { "kubernetes.io/arch": "arm64" }',
        ),
    ),
    tolerations: v.optional(v.array(toleration, 'must be a list, for example [{ key: "builds", operator: "Exists" }]')),
    labels: v.optional(legalLabels),
    annotations: v.optional(legalAnnotations),
    serviceAccount: v.optional(objectName("service account", "builds")),
    schedulerName: v.optional(objectName("scheduler", "default-scheduler")),
    rootless: v.optional(flag),
    qemu: v.optional(
        v.pipe(
            v.looseObject(qemuRules, "must be an object, for example { install: true }"),
            onlyKeys(Object.keys(qemuRules)),
        ),
    ),
    loadbalance: v.optional(oneOf("loadbalance", ["sticky", "random"])),
    persistentVolumeClaim: v.optional(
        v.pipe(
            v.looseObject(claimRules, 'must be an object, for example { storage: "50Gi" }'),
            onlyKeys(Object.keys(claimRules)),
            v.check(({ storage }) => storage !== undefined, 'must have a size, for example { storage: "50Gi" }'),
        ),
    ),
    podTemplate: v.optional(
        v.custom<object>(
            (value) => typeof value === "object" && value !== null && !Array.isArray(value),
            "must be a pod template, for example { spec: { priorityClassName: 'builds' } }",
        ),
    ),
    workload: v.optional(objectName("workload", "buildkit")),
    platforms: v.optional(legalPlatforms('["linux/arm64"]')),
    buildkitdFlags: v.optional(
        v.array(notEmpty("argument of buildkitd", "--debug"), 'must be a list of arguments, for example ["--debug"]'),
    ),
    buildkitdConfig: v.optional(legalConfig),
} satisfies Record<keyof KubernetesNodeArguments, v.GenericSchema>;

export const schema = v.looseObject({
    ...nodeRules,
    name: v.optional(legalName),
    nodes: v.optional(legalNodes(nodeRules, '[{ nodeSelector: { "kubernetes.io/arch": "arm64" } }]')),
    defaultLoad: v.optional(flag),
    requirePlatforms: v.optional(legalPlatforms('["linux/amd64", "linux/arm64"]')),
    use: v.optional(flag),
    adopt: v.optional(flag),
    gc: v.optional(legalGc),
    keepState: v.optional(flag),
    bootTimeout: v.optional(seconds({ min: 1 })),
    drainTimeout: v.optional(seconds({ min: 0 })),
} satisfies Record<UserArgument, v.GenericSchema>);
