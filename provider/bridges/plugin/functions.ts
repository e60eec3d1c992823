/** The functions of the package. */
import { UsageError } from "./errors";
import type { Properties, Session } from "./session";

const functions: Readonly<Record<string, (args: Properties, session: Session) => Promise<object>>> = {
    async "buildx:index:getBuilder"({ name }, session) {
        if (typeof name !== "string") throw new UsageError("name is required: the name of a builder");
        const { findBuilder } = await import("../../resources/findBuilder");
        const { outputs, warning } = await findBuilder(name);
        if (warning !== undefined) await session.log.warn("", warning);
        return outputs;
    },

    async "buildx:index:getState"(args) {
        if (typeof args.builderName !== "string")
            throw new UsageError("builderName is required: the name of a builder");
        const { stateUsage } = await import("../../resources/state/usage");
        return stateUsage(args as unknown as Parameters<typeof stateUsage>[0]);
    },
};

/** @throws {UsageError} if the package has no function of that name. */
export async function invoke(token: string, args: Properties, session: Session): Promise<object> {
    if (!Object.hasOwn(functions, token)) {
        const names = Object.keys(functions).join(", ");
        throw new UsageError(`"${token}" is not a function of the package buildx: must be one of ${names}`);
    }
    return (functions[token] as (typeof functions)[string])(args, session);
}
