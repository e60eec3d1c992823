/**
 * Records which version of BuildKit wrote a state last, in a file next to BuildKit's files. An older BuildKit works on
 * the state of a newer BuildKit and finds its cache there (tested with v0.20 on v0.34), but BuildKit does not guarantee
 * that.
 */
import { stateFolder } from "../../buildkit/stateFolder";
import { copyFile, readFilesOf } from "../engine/container";
import type { Engine } from "../engine/engine";

const file = "pulumi-buildx.json";

interface StateVersion {
    buildkitVersion?: string;
}

/**
 * Records the version of the BuildKit that now writes a state.
 *
 * @param isNew whether the state is new, so that it has no recorded version.
 * @returns the version that was recorded before if it is newer, otherwise `undefined`.
 */
export async function recordVersion(
    engine: Engine,
    container: string,
    version: string,
    isNew: boolean,
): Promise<string | undefined> {
    const before = isNew ? undefined : await recordedVersion(engine, container);
    if (before === version || version === "") return undefined;
    const content = Buffer.from(JSON.stringify({ buildkitVersion: version } satisfies StateVersion));
    await copyFile(engine, container, stateFolder, { name: file, content });
    return before !== undefined && isNewer(before, version) ? before : undefined;
}

async function recordedVersion(engine: Engine, container: string): Promise<string | undefined> {
    const found = await readFilesOf(engine, container, `${stateFolder}/${file}`).catch(() => ({}));
    return versionIn(Object.values(found)[0]);
}

function versionIn(content: Buffer | undefined): string | undefined {
    try {
        return (JSON.parse(String(content)) as StateVersion).buildkitVersion;
    } catch {
        return undefined;
    }
}

/** Whether `a` is newer than `b`; `false` if either is not a version. */
export function isNewer(a: string, b: string): boolean {
    const numbers = (version: string) => /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
    const [one, other] = [numbers(a), numbers(b)];
    if (one === undefined || other === undefined) return false;
    const at = one.findIndex((number, index) => number !== other[index]);
    return at >= 0 && (one[at] as number) > (other[at] as number);
}
