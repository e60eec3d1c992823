/** Every key of `buildkitd.toml` and what stands at it (buildkit: `cmd/buildkitd/config/config.go`). */
import { type Kind, listOf, named, oneOf, scalar, table } from "./kinds";

const { yesOrNo, integer, text, texts, size, duration, certificates, certificate, key, anything } = scalar;

const gcPolicy = table({
    all: yesOrNo,
    filters: texts,
    keepDuration: duration,
    keepBytes: size,
    reservedSpace: size,
    maxUsedSpace: size,
    minFreeSpace: size,
});

const worker = {
    enabled: yesOrNo,
    labels: named(text),
    platforms: texts,
    snapshotter: text,
    rootless: yesOrNo,
    "max-parallelism": integer,
    "apparmor-profile": text,
    selinux: yesOrNo,
    defaultCgroupParent: text,
    gc: yesOrNo,
    gckeepstorage: size,
    reservedSpace: size,
    maxUsedSpace: size,
    minFreeSpace: size,
    gcpolicy: listOf(gcPolicy),
    networkMode: oneOf("auto", "host", "cni", "bridge"),
    cniConfigPath: text,
    cniBinaryPath: text,
    cniPoolSize: integer,
    bridgeName: text,
    bridgeSubnet: text,
};

export const configuration: Kind = table(
    {
        debug: yesOrNo,
        trace: yesOrNo,
        root: text,
        "insecure-entitlements": texts,
        proxyNetwork: yesOrNo,
        provenanceEnvDir: text,
        log: table({
            format: oneOf("text", "json"),
            level: oneOf("trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"),
        }),
        dns: table({ nameservers: texts, searchDomains: texts, options: texts }),
        registry: named(
            table({
                mirrors: texts,
                http: yesOrNo,
                insecure: yesOrNo,
                ca: certificates,
                keypair: listOf(table({ key, cert: certificate })),
                tlsconfigdir: texts,
            }),
        ),
        worker: table({
            oci: table({
                ...worker,
                noProcessSandbox: yesOrNo,
                binary: text,
                proxySnapshotterPath: text,
                userRemapUnsupported: text,
                stargzSnapshotter: anything,
            }),
            containerd: table({
                ...worker,
                address: text,
                namespace: text,
                runtime: table({ name: text, path: text, options: anything }),
                hypervIsolation: yesOrNo,
            }),
        }),
        history: table({ maxAge: duration, maxEntries: integer }),
        frontend: table({
            "dockerfile.v0": table({ enabled: yesOrNo }),
            "gateway.v0": table({ enabled: yesOrNo, allowedRepositories: texts }),
        }),
        system: table({
            platformsCacheMaxAge: duration,
            maxRegistryConcurrency: integer,
            sessionAuthTimeout: duration,
        }),
        grpc: table({
            address: texts,
            debugAddress: text,
            uid: integer,
            gid: integer,
            securityDescriptor: text,
            tls: table({ cert: text, key: text, ca: text }),
        }),
        otel: table({ socketPath: text }),
        cdi: table({ disabled: yesOrNo, specDirs: texts, autoAllowed: texts }),
        cache: table({ gha: anything }),
        compaction: table({
            enabled: yesOrNo,
            idleTimeout: duration,
            maxRetry: integer,
            writesPerCheck: integer,
            sizeWatermark: integer,
            sizeGrowthPercent: integer,
            minReclaimBytes: integer,
            minReclaimPercent: integer,
            minReclaimPercentFloor: integer,
        }),
    },
    { entitlements: "insecure-entitlements" },
);
