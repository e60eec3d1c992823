import { quote } from "../format/shell";
import type { StackResource } from "../format/stack";
import { type FindingKind, kinds } from "./kinds";

/** A problem keeps a builder from working. A hint only limits what the user can do. */
export interface Finding {
    /** The kind of finding, for programs that read the JSON. `doctor --list` describes each kind. */
    readonly kind: FindingKind;
    readonly severity: "problem" | "hint";
    /** The builder, container, volume, engine or file that has the problem. */
    readonly subject: string;
    /** A sentence that describes the problem. */
    readonly found: string;
    /** Ways to fix the problem, the preferred one first. */
    readonly mends: readonly Fix[];
}

export interface Fix {
    /** What the command does. */
    readonly what: string;
    /** `undefined` if no command on this machine can do it. */
    readonly command?: string;
}

export const finding = (kind: FindingKind, subject: string, found: string, ...mends: Fix[]): Finding => ({
    kind,
    severity: kinds[kind].severity,
    subject,
    found,
    mends,
});

/** Returns a fix that consists of running `pulumi up` on the stack that owns the resource. */
export const pulumiUp = ({ stack, project }: StackResource, what: string, ...options: string[]): Fix => ({
    what: `${what}, in the folder of Pulumi project ${project}`,
    command: ["pulumi up", ...options, "--stack", quote(stack)].join(" "),
});
