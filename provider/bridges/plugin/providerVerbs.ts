/** The calls of Pulumi that concern the provider itself. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connectLog } from "./engineLog";
import { invoke } from "./functions";
import { empty, plugin, provider } from "./protocol";
import { checkResponse } from "./resourceVerbs";
import type { Session } from "./session";
import { currentSettings } from "./settings";
import { toProperties, toStruct } from "./values";

/** The folder of this package. */
const packageFolder = join(__dirname, "../../../..");

/** The settings of the provider, and those that Pulumi itself reads. */
const settings = ["deleteUnreachable", "plugin", "pluginDownloadURL", "version"];

export const providerVerbs = (session: Session) => ({
    handshake(request: InstanceType<typeof provider.ProviderHandshakeRequest>) {
        session.log = connectLog(request.getEngineAddress() || session.address);
        const response = new provider.ProviderHandshakeResponse(); // without secrets and outputs as special values
        response.setAcceptResources(true);
        return response;
    },

    async getPluginInfo() {
        const info = new plugin.PluginInfo();
        info.setVersion(await ownVersion());
        return info;
    },

    async getSchema() {
        const schema = JSON.parse(await readFile(join(packageFolder, "schema.json"), "utf8")) as object;
        const response = new provider.GetSchemaResponse();
        response.setSchema(JSON.stringify({ ...schema, version: await ownVersion() }));
        return response;
    },

    checkConfig(request: InstanceType<typeof provider.CheckRequest>) {
        const news = toProperties(request.getNews());
        const wrong = Object.keys(news).filter((key) => !settings.includes(key));
        const failures = wrong.map((property) => ({
            property,
            reason: `"${property}" is not a valid setting of the provider: must be deleteUnreachable`,
        }));
        return checkResponse(news, failures);
    },

    diffConfig() {
        const response = new provider.DiffResponse();
        response.setChanges(provider.DiffResponse.DiffChanges.DIFF_NONE);
        return response;
    },

    configure(request: InstanceType<typeof provider.ConfigureRequest>) {
        session.config = currentSettings(request.getUrn(), toProperties(request.getArgs()));
        const response = new provider.ConfigureResponse();
        response.setSupportspreview(true);
        response.setAcceptresources(true);
        return response;
    },

    async invoke(request: InstanceType<typeof provider.InvokeRequest>) {
        const result = await invoke(request.getTok(), toProperties(request.getArgs()), session);
        const response = new provider.InvokeResponse();
        response.setReturn(toStruct(result));
        return response;
    },

    cancel() {
        session.cancel();
        return new empty.Empty();
    },

    attach(request: InstanceType<typeof plugin.PluginAttach>) {
        session.log = connectLog(request.getAddress());
        return new empty.Empty();
    },
});

let version: Promise<string> | undefined;

/** Returns the version of this package. */
const ownVersion = (): Promise<string> =>
    (version ??= readFile(join(packageFolder, "package.json"), "utf8").then(
        (text) => (JSON.parse(text) as { version: string }).version,
    ));
