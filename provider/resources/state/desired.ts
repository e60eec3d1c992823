import { defaultImage } from "../../transfer/helperContainer";
import { locationOf, type RestoreSource } from "../../transfer/location";
import { canonicalName, nodeName, volumeName } from "../../buildx/names";
import type { TlsArguments } from "../../docker/endpoint/tls";
import type { Owner } from "../../ownership";
import type { RestoreFrom, StateArguments } from "./args";

/** The engine's built-in volume driver. */
export const defaultDriver = "local";

/** The source of a new state, with all defaults filled in. */
export interface DesiredRestore {
    readonly from: RestoreSource;
    readonly overwrite: boolean;
    readonly image: string;
    /** The text that marks a volume after this restore, so that it is not repeated. */
    readonly mark: string;
}

/** A state as the program declares it, with all defaults filled in. */
export interface DesiredState {
    readonly builderName: string;
    readonly node: string;
    readonly owner: Owner;
    /** If `undefined`, the endpoint that the docker CLI would use. */
    readonly endpoint: string | undefined;
    readonly tls: TlsArguments | undefined;
    readonly volume: string;
    readonly driver: string;
    readonly driverOpts: Record<string, string>;
    readonly labels: Record<string, string>;
    readonly restore: DesiredRestore | undefined;
}

export function desiredState(args: StateArguments, owner: Owner): DesiredState {
    const builderName = canonicalName(args.builderName);
    const node = canonicalName(args.node ?? nodeName(builderName, 0));
    return {
        builderName,
        node,
        owner,
        endpoint: args.endpoint,
        tls: args.tls,
        volume: volumeName(node),
        driver: args.volumeDriver ?? defaultDriver,
        driverOpts: args.volumeDriverOpts ?? {},
        labels: args.labels ?? {},
        restore: args.restoreFrom === undefined ? undefined : desiredRestore(args.restoreFrom, owner),
    };
}

function desiredRestore(restoreFrom: RestoreFrom, { urn, store }: Owner): DesiredRestore {
    const {
        overwrite = false,
        helperImage: image = defaultImage,
        ...from
    } = locationOf(restoreFrom) as RestoreSource & {
        overwrite?: boolean;
        helperImage?: string;
    };
    return { from, overwrite, image, mark: JSON.stringify({ from, urn, store }) };
}
