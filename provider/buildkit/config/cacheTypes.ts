/** The `cache` part of buildkitd's configuration: types only, as in `types.ts`. */

/** External caches of builds. */
export interface CacheConfig {
    gha?: GhaCacheConfig;
}

/** Signatures of the GitHub Actions cache. */
export interface GhaCacheConfig {
    sign?: GhaSignConfig;
    verify?: GhaVerifyConfig;
}

/** How entries of the cache are signed. */
export interface GhaSignConfig {
    /** Command that signs its standard input and writes the signature to its standard output. */
    command?: string[];
}

/** How signatures of entries of the cache are verified. */
export interface GhaVerifyConfig {
    /** Whether a valid signature is required. @default false */
    required?: boolean;
    policy?: GhaVerifyPolicy;
}

/** Values that a signature's certificate must have (sigstore-go: `certificate.Summary`). `*` matches any text. */
export interface GhaVerifyPolicy {
    /** Number of signed timestamps that a signature must have. */
    timestampThreshold?: number;
    /** Number of entries in transparency logs that a signature must have. */
    tlogThreshold?: number;
    /** Authority that issued the certificate. */
    certificateIssuer?: string;
    /** Identity that the certificate was issued for, for example the URL of a workflow. */
    subjectAlternativeName?: string;
    /** OIDC issuer that confirmed the identity, for example `https://token.actions.githubusercontent.com`. */
    issuer?: string;
    /** Event that started the GitHub workflow. The newer field is {@link buildTrigger}. */
    githubWorkflowTrigger?: string;
    /** Commit of the GitHub workflow. The newer field is {@link sourceRepositoryDigest}. */
    githubWorkflowSHA?: string;
    /** Name of the GitHub workflow. */
    githubWorkflowName?: string;
    /** Repository of the GitHub workflow, `owner/name`. The newer field is {@link sourceRepositoryURI}. */
    githubWorkflowRepository?: string;
    /** Git ref of the GitHub workflow. The newer field is {@link sourceRepositoryRef}. */
    githubWorkflowRef?: string;
    /** URL of the build instructions that requested the signature, for example of a reusable workflow. */
    buildSignerURI?: string;
    /** Commit of these build instructions. */
    buildSignerDigest?: string;
    /** Kind of machine that ran the build: `github-hosted` or `self-hosted`. */
    runnerEnvironment?: string;
    /** URL of the repository that was built. */
    sourceRepositoryURI?: string;
    /** Commit that was built. */
    sourceRepositoryDigest?: string;
    /** Git ref that was built. */
    sourceRepositoryRef?: string;
    /** Identifier of the repository that was built. It stays the same if the repository is renamed. */
    sourceRepositoryIdentifier?: string;
    /** URL of the owner of the repository. */
    sourceRepositoryOwnerURI?: string;
    /** Identifier of the owner of the repository. It stays the same if the owner is renamed. */
    sourceRepositoryOwnerIdentifier?: string;
    /** URL of the top-level build instructions, for example of the workflow file. */
    buildConfigURI?: string;
    /** Commit of the top-level build instructions. */
    buildConfigDigest?: string;
    /** Event that started the build, for example `push`. */
    buildTrigger?: string;
    /** URL of the run that created the signature. */
    runInvocationURI?: string;
    /** Visibility of the repository when the signature was created: `public` or `private`. */
    sourceRepositoryVisibilityAtSigning?: string;
}
