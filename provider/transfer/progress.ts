/** The progress of a copy, for status lines and terminals. */

export interface Progress {
    readonly bytes: number;
    /** The expected number of bytes, approximately; `undefined` if it is not known. */
    readonly total: number | undefined;
    /** Bytes per second. */
    readonly rate: number;
}

/** The minimum time between two reports, in milliseconds. */
const interval = 250;

/**
 * Returns a function that counts bytes and reports the progress at most four times per second.
 *
 * @param total returns the expected number of bytes, if it is known already.
 */
export function meter(
    total: () => number | undefined,
    onProgress: (progress: Progress) => void,
): (bytes: number) => void {
    const start = performance.now();
    let [bytes, reportedAt] = [0, 0];
    return (more) => {
        bytes += more;
        const now = performance.now();
        if (now - reportedAt < interval) return;
        reportedAt = now;
        onProgress({ bytes, total: total(), rate: bytes / Math.max((now - start) / 1000, 0.001) });
    };
}

const units = ["B", "kB", "MB", "GB", "TB"];

/** Formats bytes with decimal units, for example `210 MB`. */
export function formatBytes(bytes: number): string {
    const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
    const value = bytes / 1000 ** power;
    return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

export function formatSeconds(seconds: number): string {
    const whole = Math.ceil(seconds);
    return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

const barLength = 20;

/** Formats progress, for example `[########------------] 40 %, 2.0 GB of 5.0 GB, 210 MB/s, 15 s left`. */
export function formatProgress({ bytes, total, rate }: Progress): string {
    const speed = `${formatBytes(rate)}/s`;
    if (total === undefined || total === 0) return `${formatBytes(bytes)}, ${speed}`;
    const share = Math.min(bytes / total, 1);
    const full = Math.round(share * barLength);
    const bar = `[${"#".repeat(full)}${"-".repeat(barLength - full)}]`;
    const left = rate > 0 ? `, ${formatSeconds(Math.max(total - bytes, 0) / rate)} left` : "";
    return `${bar} ${Math.floor(share * 100)} %, ${formatBytes(bytes)} of ${formatBytes(total)}, ${speed}${left}`;
}
