/** What the requests of one deployment share. Pulumi starts a process for each deployment. */
import { typeOf } from "../../text/urn";
import { allowsDeletion, cancelledError, clearableStatus, untilCancelled } from "../calls";
import { registerOfUses, type RegisterUses } from "../exclusiveUses";
import type { Call, Lifecycle } from "../lifecycle";
import { lifecycles } from "../lifecycles";
import type { EngineLog } from "../engineLog";
import { connectLog } from "./engineLog";
import { UsageError } from "./errors";
import { type KnownStates, knownStates } from "./knownStates";

export type Properties = Record<string, unknown>;
export type AnyLifecycle = Lifecycle<Properties, Properties>;
export type ResourceName = keyof typeof lifecycles;

/** A request that concerns a resource. */
export interface ResourceCall {
    readonly name: ResourceName;
    readonly lifecycle: AnyLifecycle;
    readonly call: Call;
}

export interface CallOptions {
    readonly isPreview?: boolean;
    readonly mayBeStarting?: boolean;
    /** Whether the last status text stays when the call has ended. */
    readonly keepsStatus?: boolean;
}

const typePrefix = "buildx:index:";

export class Session {
    log: EngineLog;
    /** The provider's configuration. */
    config: Properties = {};
    readonly states: KnownStates = knownStates();
    readonly registerUses: RegisterUses = registerOfUses();
    private readonly cancelling = new AbortController();

    /** @param address the address of the Pulumi engine; `undefined` if no engine started the process. */
    constructor(readonly address: string | undefined) {
        this.log = connectLog(address);
    }

    /** Aborts all calls. Pulumi calls it when the user cancels, and once more when it closes the plugin. */
    cancel(): void {
        this.cancelling.abort(cancelledError());
    }

    /**
     * Runs the work of a request that concerns a resource.
     *
     * @throws {UsageError} if the package has no resource of that type.
     */
    async run<Result>(
        urn: string,
        work: (call: ResourceCall) => Promise<Result>,
        { isPreview, mayBeStarting = false, keepsStatus = false }: CallOptions = {},
    ): Promise<Result> {
        const name = resourceOf(urn);
        const { report, clear } = clearableStatus((text) => this.log.status(urn, text));
        const { signal } = this.cancelling;
        const call: Call = {
            urn,
            isPreview,
            mayBeStarting,
            signal,
            report,
            warn: (text) => this.log.warn(urn, text),
            deletesUnreachable: () => Promise.resolve(allowsDeletion(this.config.deleteUnreachable)),
        };
        try {
            return await untilCancelled(signal, async () => {
                const lifecycle = (await lifecycles[name]()) as unknown as AnyLifecycle;
                return work({ name, lifecycle, call });
            });
        } finally {
            if (!keepsStatus) clear();
        }
    }
}

function resourceOf(urn: string): ResourceName {
    const type = typeOf(urn).split("$").at(-1) ?? "";
    const name = type.replace(typePrefix, "");
    if (!type.startsWith(typePrefix) || !Object.hasOwn(lifecycles, name)) {
        const names = Object.keys(lifecycles).map((each) => `${typePrefix}${each}`);
        throw new UsageError(`"${type}" is not a resource of the package buildx: must be one of ${names.join(", ")}`);
    }
    return name as ResourceName;
}
