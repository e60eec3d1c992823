import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunOptions } from "./run";
import { docker } from "./docker";

/** The files that a client needs to connect to an engine over TLS, in a folder with docker's file names. */
export interface Certificates {
    readonly folder: string;
    readonly paths: { readonly ca: string; readonly cert: string; readonly key: string };
    /** Returns the texts of these files. */
    pem(): Promise<{ ca: string; cert: string; key: string }>;
}

/** The second engine, which has its own network (`environment/second-engine`). */
export const second = {
    /** Its socket. */
    get host(): string {
        return fromEnvironment("PULUMI_BUILDX_TEST_ENGINE");
    },
    /** The same engine over TLS. */
    get tcp(): string {
        return fromEnvironment("PULUMI_BUILDX_TEST_ENGINE_TCP");
    },
    /** A port of that engine's host that never responds. */
    get silent(): string {
        return `${new URL(second.tcp).hostname}:9`;
    },
    /** This machine's address as seen by that engine. */
    get seesUsAs(): string {
        return fromEnvironment("PULUMI_BUILDX_TEST_HOST");
    },
    /**
     * Returns the files of a client. The engine accepts two clients. The third comes from an authority that the engine
     * does not know.
     */
    certificates(of: "client" | "other-client" | "stranger"): Certificates {
        const folder = join(fromEnvironment("PULUMI_BUILDX_TEST_CERTIFICATES"), of);
        const [ca, cert, key] = ["ca", "cert", "key"].map((part) => join(folder, `${part}.pem`)) as [
            string,
            string,
            string,
        ];
        const pem = async () => {
            const texts = await Promise.all([ca, cert, key].map((path) => readFile(path, "utf8")));
            const [caText, certText, keyText] = texts as [string, string, string];
            return { ca: caText, cert: certText, key: keyText };
        };
        return { folder, paths: { ca, cert, key }, pem };
    },
};

function fromEnvironment(name: string): string {
    const value = process.env[name];
    if (value) return value;
    throw new Error(
        `${name} is not set. Start the second engine, as root on Linux, with: eval "$(environment/up --for-tests)"`,
    );
}

/** Returns the identifier that distinguishes an engine from all others. */
export const engineId = async (options?: RunOptions): Promise<string> =>
    (await docker(["info", "--format", "{{.ID}}"], options)).trim();
