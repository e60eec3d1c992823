/** What the engine tells of a pull, a line of JSON an event. */
import type { Readable } from "node:stream";

export interface PullEvent {
    id?: string;
    status?: string;
    progressDetail?: { current?: number; total?: number };
    /** The pull has failed. */
    error?: string;
}

/** @throws what the engine says of a pull that fails once it has begun, for which it has no status code any more. */
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
 * Adds up the layers' downloads; a total is known once each layer has told its size.
 *
 * @param onProgress is told the share that is there, 0 to 100, each time it has grown.
 * @returns what is to be given each event of a pull.
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
