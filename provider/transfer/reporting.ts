import type { Waiting } from "../waiting";
import { formatProgress } from "./progress";
import type { Reporting } from "./write";

/** Adds the progress of a copy to the status of a resource. */
export function reportingTo({ report: show, ...waiting }: Waiting): Reporting {
    let doing = "";
    const report = (text: string) => show((doing = text));
    return { ...waiting, report, onProgress: (progress) => show(`${doing}: ${formatProgress(progress)}`) };
}
