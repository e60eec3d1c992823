import { quote } from "../words/shell";
import type { StackResource } from "../words/stack";

/** Something that keeps a builder from working, or, as a hint, something that only limits what can be done. */
export interface Finding {
    /** What kind it is, for programs: `record-without-container`. */
    readonly kind: string;
    readonly severity: "problem" | "hint";
    /** The builder, container, volume, engine or file that it is about. */
    readonly subject: string;
    /** A sentence. */
    readonly found: string;
    /** Ways to mend it, the one to be preferred first. */
    readonly mends: readonly Mend[];
}

export interface Mend {
    /** What the command leads to. */
    readonly what: string;
    /** Left out where no command of this machine can do it. */
    readonly command?: string;
}

export const problem = (kind: string, subject: string, found: string, ...mends: Mend[]): Finding => ({
    kind,
    severity: "problem",
    subject,
    found,
    mends,
});

/** What a stack's own `pulumi up` mends. */
export const pulumiUp = ({ stack, project }: StackResource, what: string, ...options: string[]): Mend => ({
    what: `${what}; in the folder of Pulumi project ${project}`,
    command: ["pulumi up", ...options, "--stack", quote(stack)].join(" "),
});
