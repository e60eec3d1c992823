/**
 * A change that stopped half-way. Pulumi writes the properties into its state with the reason, and the next
 * `pulumi up` calls `update` again (pulumi/pulumi `sdk/nodejs/cmd/dynamic-provider`, `grpcResponseFromError`).
 */
export class PartlyDone extends Error {
    readonly reasons: string[];

    /** @param causes what stopped it, and what stopped the way back. */
    constructor(
        causes: unknown[],
        readonly id: string,
        readonly properties: object,
    ) {
        // Each of them may be that Pulumi was cancelled.
        const reasons = [...new Set(causes.map((cause) => (cause as Error).message ?? String(cause)))];
        super(reasons.join("\n"));
        this.reasons = reasons;
    }
}

/**
 * A verb whose failures reach the user as the sentence they are: Pulumi's provider process prints the stack
 * of an error, which tells a user nothing where the error is an expected one.
 */
export function withPlainErrors<Arguments extends unknown[], Result>(
    verb: (...args: Arguments) => Promise<Result>,
): (...args: Arguments) => Promise<Result> {
    return async (...args) => {
        try {
            return await verb(...args);
        } catch (error) {
            if (error instanceof PartlyDone) keepProvider(error, args.at(-1));
            const isMistake = [TypeError, ReferenceError, RangeError, SyntaxError].some(
                (kind) => error instanceof kind,
            );
            if (error instanceof Error && !isMistake) error.stack = "";
            throw error;
        }
    };
}

/**
 * Pulumi adds the text of the provider to what a verb gives, but not to the properties of an error. A resource without
 * it could be neither refreshed nor removed.
 *
 * @param given the arguments of the resource, which have the text.
 */
const keepProvider = ({ properties }: PartlyDone, given: unknown): void => {
    Object.assign(properties, { __provider: (given as Record<string, unknown>).__provider });
};
