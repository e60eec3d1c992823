import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Endpoint, findEndpoint } from "./docker/endpoint";
import { connect, type Engine, UnreachableError } from "./docker/engine";
import { findLeftBehind } from "./docker/leftBehind";
import type { EndpointArguments } from "./args/endpoint";
import { warn } from "./bridges/dynamic/engineLog";

const setting = "buildx:deleteUnreachable";

/**
 * Whether the removal of a resource goes on when its engine cannot be reached: the stack's configuration
 * `buildx:deleteUnreachable` or the environment's `PULUMI_BUILDX_DELETE_UNREACHABLE`, as Pulumi's Kubernetes provider
 * has it. Default: no.
 *
 * @param urn the resource that is removed, whose stack's configuration counts.
 */
export async function deletesUnreachable(urn: string): Promise<boolean> {
    const found = (await stackSetting(urn)) ?? process.env.PULUMI_BUILDX_DELETE_UNREACHABLE;
    return found === true || (typeof found === "string" && ["1", "t", "true"].includes(found.toLowerCase()));
}

/**
 * The setting in the stack's configuration file. What Pulumi gives a provider to configure itself is, while
 * `pulumi destroy` runs, the configuration of the last `pulumi up`: of no use for a setting that is made when the
 * engine turns out to be gone.
 */
async function stackSetting(urn: string): Promise<unknown> {
    const stack = urn.split("::")[0]?.replace("urn:pulumi:", "");
    const sdk = createRequire(require.main?.filename ?? __filename);
    const { load } = sdk("js-yaml") as { load: (text: string) => unknown };
    const read = async (path: string) => load(await readFile(path, "utf8")) as Record<string, unknown>;
    for (let folder = process.cwd(); ; folder = dirname(folder)) {
        const project = await read(join(folder, "Pulumi.yaml")).catch(() => undefined);
        if (project !== undefined) {
            const configFolder = typeof project.stackConfigDir === "string" ? project.stackConfigDir : "";
            const file = await read(join(folder, configFolder, `Pulumi.${stack}.yaml`)).catch(() => undefined);
            return (file?.config as Record<string, unknown> | undefined)?.[setting];
        }
        if (dirname(folder) === folder) return undefined;
    }
}

/** Where a resource is that exists. */
export interface KnownPlace extends EndpointArguments {
    /** As {@link recordEndpoint} wrote it down. */
    readonly recorded: string | undefined;
    /** Whether an engine has something of the resource. */
    readonly isThere: (engine: Engine) => Promise<boolean>;
}

/** How the state of a resource has the engine that it is on: a docker context's name, or a host. */
export const recordEndpoint = ({ context, host }: Endpoint): string => context ?? host;

/** The engine on which a resource is that was created without an endpoint, if the docker CLI would use another by now. */
export const whereLeft = ({ endpoint, recorded, isThere }: KnownPlace): Promise<Engine | undefined> =>
    findLeftBehind({ endpoint, recorded }, recordEndpoint, isThere);

/**
 * The engine of a resource that exists.
 *
 * @throws UnreachableError if it does not answer, and also if it cannot be found, since its context or certificate is gone.
 */
export async function connectToKnown(place: KnownPlace): Promise<Engine> {
    const left = await whereLeft(place);
    if (left !== undefined) return left;
    const endpoint = await findEndpoint(place.endpoint, place.tls).catch((error: Error) => {
        throw new UnreachableError(error.message, { cause: error });
    });
    return connect(endpoint);
}

/**
 * The engine of a resource that is to be removed, or read. `undefined` if it cannot be reached and the user lets go of what
 * is there; then they are told what may be left.
 *
 * @param left such as "Volume x may be left there".
 */
export async function connectOrLetGo(place: KnownPlace, urn: string, left: string): Promise<Engine | undefined> {
    try {
        return await connectToKnown(place);
    } catch (error) {
        if (!(error instanceof UnreachableError) || !(await deletesUnreachable(urn))) throw withAdvice(error);
        await warn(urn, `${error.message}. ${left}`);
        return undefined;
    }
}

/** The failure of a removal, with what can be done where the engine is gone for good. */
export function withAdvice(error: unknown): unknown {
    if (!(error instanceof UnreachableError)) return error;
    return new UnreachableError(`${error.message}. ${adviceToLetGo}`, { cause: error });
}

/** What can be done if an engine is gone for good. */
export const adviceToLetGo = `If it is gone for good, this lets go of it: pulumi config set ${setting} true`;
