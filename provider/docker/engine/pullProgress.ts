/** The events of a pull that the engine sends, one JSON object per line. */
import type { Readable } from "node:stream";

export interface PullEvent {
    id?: string;
    status?: string;
    progressDetail?: { current?: number; total?: number };
    /** Set if the pull has failed. */
    error?: string;
}

/**
 * Yields the events of a pull.
 *
 * @throws {Error} with the engine's message if the pull fails after it has started, when the HTTP status is already
 *   sent.
 */
export async function* eventsIn(stream: Readable): AsyncGenerator<PullEvent, void, undefined> {
    let rest = "";
    for await (const part of stream.setEncoding("utf8")) {
        const lines = (rest + (part as string)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines.filter((each) => each.trim() !== "")) {
            const event = JSON.parse(line) as PullEvent;
            if (event.error !== undefined) throw new Error(event.error);
            yield event;
        }
    }
}

/**
 * Adds up the layers' downloads. The total grows until the engine has reported the size of each layer.
 *
 * @param onProgress receives the downloaded share in percent, 0 to 100, each time it has grown.
 * @returns a function that must be called with each event of a pull.
 */
export function pullProgress(onProgress: (percent: number) => void): (event: PullEvent) => void {
    const layers = new Map<string, { current: number; total: number }>();
    let shown = -1;
    return ({ id, status, progressDetail }) => {
        if (id === undefined || status !== "Downloading" || !progressDetail?.total) return;
        layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total });
        const sum = (of: "current" | "total") => [...layers.values()].reduce((all, layer) => all + layer[of], 0);
        const percent = Math.floor((100 * sum("current")) / sum("total"));
        if (percent > shown) onProgress((shown = percent));
    };
}
