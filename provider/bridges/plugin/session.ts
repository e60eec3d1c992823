/** What the requests of one deployment share. Pulumi starts a process for each deployment. */
import { untilAborted } from "../../waiting";
import { registerOfUses, type RegisterUses } from "../exclusiveUses";
import type { Call, Lifecycle } from "../lifecycle";
import { lifecycles } from "../lifecycles";
import { withLocks } from "../locks";
import { connectLog, type EngineLog } from "./engineLog";
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

/**
 * Milliseconds that a call may take to end after Pulumi is cancelled. Each call ends sooner and saves the actual state,
 * unless an engine or a registry does not respond.
 */
const grace = 3_500;

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
        const reason = "stopped because Pulumi was cancelled. Run the same command again to complete it";
        this.cancelling.abort(new Error(reason));
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
        let isShown = false;
        const report = (text: string) => {
            isShown = text !== "";
            this.log.status(urn, text);
        };
        const { signal } = this.cancelling;
        const call: Call = {
            urn,
            isPreview,
            mayBeStarting,
            signal,
            report,
            warn: (text) => this.log.warn(urn, text),
            deletesUnreachable: () => Promise.resolve(this.deletesUnreachable()),
        };
        try {
            signal.throwIfAborted();
            const lifecycle = (await lifecycles[name]()) as unknown as AnyLifecycle;
            return await untilAborted(work({ name, lifecycle, call }), signal, grace);
        } finally {
            if (isShown && !keepsStatus) report("");
        }
    }

    /** Runs work when no other call works on the same volumes. */
    async runAlone<Result>(
        { lifecycle, call }: ResourceCall,
        of: readonly Properties[],
        work: () => Promise<Result>,
    ): Promise<Result> {
        const volumes = await Promise.all(of.map(async (each) => (await lifecycle.volumesOf?.(each)) ?? []));
        const all = [...new Set(volumes.flat())];
        const onWait = () => call.report(`waiting for another resource that works on ${all.join(", ")}`);
        return withLocks(all, onWait, work, call.signal);
    }

    /** Whether a resource may be removed from Pulumi's state if its engine is unreachable. */
    private deletesUnreachable(): boolean {
        const setting = this.config.deleteUnreachable ?? process.env.PULUMI_BUILDX_DELETE_UNREACHABLE;
        return setting === true || (typeof setting === "string" && ["1", "t", "true"].includes(setting.toLowerCase()));
    }
}

function resourceOf(urn: string): ResourceName {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const name = type.replace(typePrefix, "");
    if (!type.startsWith(typePrefix) || !Object.hasOwn(lifecycles, name)) {
        const names = Object.keys(lifecycles).map((each) => `${typePrefix}${each}`);
        throw new UsageError(`"${type}" is not a resource of the package buildx: must be one of ${names.join(", ")}`);
    }
    return name as ResourceName;
}
