/**
 * Why a call of the API server failed:
 *
 * - `forbidden`: the user does not have the right. `denied` says which one.
 * - `unauthorized`: the API server does not accept the credentials.
 * - `credentials`: there are no credentials, for example because the exec plugin failed.
 * - `unreachable`: nothing answers, or not in time.
 * - `certificate`: the certificate of the API server, or of the client, is refused.
 * - `notFound`: the object, or its namespace, does not exist.
 * - `conflict`: another field manager has fields, which `conflicts` lists, or the object was changed or exists.
 * - `invalid`: the object is not valid, or an immutable field would change.
 * - `other`: anything else, for example a webhook or a quota that refuses the object.
 */
export type ClusterErrorKind =
    | "forbidden"
    | "unauthorized"
    | "credentials"
    | "unreachable"
    | "certificate"
    | "notFound"
    | "conflict"
    | "invalid"
    | "other";

/** A right that the API server denied. */
export interface Denied {
    readonly user: string;
    readonly verb: string;
    /** With the subresource, for example `pods/exec`. */
    readonly resource: string;
    /** Empty for the core group. */
    readonly group: string;
    /** `undefined` for objects that belong to no namespace. */
    readonly namespace: string | undefined;
}

/** A field that another field manager has. */
export interface FieldConflict {
    readonly manager: string;
    /** Path of the field as the API server writes it, for example `.spec.replicas`. */
    readonly field: string;
}

/** Thrown if a call of the API server fails. The message is `<what failed>: <why>`. */
export class ClusterError extends Error {
    readonly kind: ClusterErrorKind;
    /** The cause and what to do. */
    readonly why: string;
    /** Set if the kind is `forbidden`. */
    readonly denied: Denied | undefined;
    /** Empty if the kind is not `conflict`. */
    readonly conflicts: readonly FieldConflict[];

    constructor(failed: string, { kind, why, denied, conflicts = [], cause }: ClusterErrorDetails) {
        super(`${failed}: ${why}`, { cause });
        this.kind = kind;
        this.why = why;
        this.denied = denied;
        this.conflicts = conflicts;
    }
}

export interface ClusterErrorDetails {
    readonly kind: ClusterErrorKind;
    readonly why: string;
    readonly denied?: Denied | undefined;
    readonly conflicts?: readonly FieldConflict[] | undefined;
    readonly cause?: unknown;
}

/** Whether an error is a {@link ClusterError} of one of the kinds. */
export const isClusterError = (error: unknown, ...kinds: ClusterErrorKind[]): error is ClusterError =>
    error instanceof ClusterError && (kinds.length === 0 || kinds.includes(error.kind));
