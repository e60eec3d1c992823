/** The settings of the provider. */
import { logicalName } from "../../text/urn";

type Properties = Readonly<Record<string, unknown>>;

/**
 * Returns the current settings of a provider. For a default provider they are the stack's configuration: `pulumi destroy`
 * and `pulumi refresh` configure a default provider with the configuration of the last `pulumi up`, and pass the current
 * configuration of the package only in the environment (pulumi/pulumi: `pkg/resource/plugin/provider_plugin.go`).
 * The arguments of a provider resource in the program take precedence over the configuration.
 *
 * @param urn the URN of the provider; `undefined` if Pulumi does not send it.
 * @param configured the settings that Pulumi sends.
 */
export function currentSettings(
    urn: string | undefined,
    configured: Properties,
    { PULUMI_CONFIG: json }: NodeJS.ProcessEnv = process.env,
): Properties {
    const stack = json === undefined ? undefined : parsed(json);
    return urn === undefined || isDefault(urn) ? (stack ?? configured) : { ...stack, ...configured };
}

/** Pulumi's default providers are named `default`, with the version of the plugin if the program has one. */
const isDefault = (urn: string): boolean => /^default(_|$)/.test(logicalName(urn));

function parsed(json: string): Properties | undefined {
    try {
        const value: unknown = JSON.parse(json);
        return typeof value === "object" && value !== null ? (value as Properties) : undefined;
    } catch {
        return undefined; // of another program
    }
}
