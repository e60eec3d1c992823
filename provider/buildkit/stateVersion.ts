/**
 * Which BuildKit wrote a state last, in a file beside its own. An older one takes a newer one's state as it is, and finds
 * its cache in it, as tried with v0.20 on v0.34; but BuildKit promises nothing of that kind.
 */
import { copyFile, readFilesOf } from "../docker/container";
import type { Engine } from "../docker/engine";
import { stateFolder } from "./stateFolder";

const file = "pulumi-buildx.json";

interface Writer {
    buildkitVersion?: string;
}

/**
 * Notes the version of the BuildKit that works on a state from now on.
 *
 * @param isNew nobody has worked on it before.
 * @returns the version of the one before, where that is newer.
 */
export async function recordVersion(
    engine: Engine,
    container: string,
    version: string,
    isNew: boolean,
): Promise<string | undefined> {
    const before = isNew ? undefined : await writerOf(engine, container);
    if (before === version || version === "") return undefined;
    const content = Buffer.from(JSON.stringify({ buildkitVersion: version } satisfies Writer));
    await copyFile(engine, container, stateFolder, { name: file, content });
    return before !== undefined && isNewer(before, version) ? before : undefined;
}

async function writerOf(engine: Engine, container: string): Promise<string | undefined> {
    const found = await readFilesOf(engine, container, `${stateFolder}/${file}`).catch(() => ({}));
    return versionIn(Object.values(found)[0]);
}

function versionIn(content: Buffer | undefined): string | undefined {
    try {
        return (JSON.parse(String(content)) as Writer).buildkitVersion;
    } catch {
        return undefined;
    }
}

/** Whether `a` is newer than `b`, as far as both are versions. */
export function isNewer(a: string, b: string): boolean {
    const numbers = (version: string) => /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
    const [one, other] = [numbers(a), numbers(b)];
    if (one === undefined || other === undefined) return false;
    const at = one.findIndex((number, index) => number !== other[index]);
    return at >= 0 && (one[at] as number) > (other[at] as number);
}
