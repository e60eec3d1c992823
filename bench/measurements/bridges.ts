import type { Measurement } from "../measurement";
import type { Bridge } from "../support/providerProcess";

interface ThroughBridge {
    readonly bridge: Bridge;
    /** The start of the row's name. */
    readonly prefix: "" | "plugin-";
}

/** Returns a row for the dynamic provider and the same row for the plugin. */
export const perBridge = (row: (through: ThroughBridge) => Measurement): readonly Measurement[] => [
    row({ bridge: "dynamic", prefix: "" }),
    row({ bridge: "plugin", prefix: "plugin-" }),
];

/** Returns the end of a description. Rows of the dynamic provider have none: it is the default. */
export const bridgeOf = (bridge: Bridge): string => (bridge === "plugin" ? ", through the plugin" : "");
