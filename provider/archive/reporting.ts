import { waitingAt } from "../bridges/dynamic/waiting";
import { formatProgress } from "./progress";
import type { Reporting } from "./write";

/** Status lines at a resource, until Pulumi is told to stop. */
export function reportingTo(urn: string): Reporting {
    const { report: show, ...waiting } = waitingAt(urn);
    let doing = "";
    const report = (text: string) => show((doing = text));
    return { ...waiting, report, onProgress: (progress) => show(`${doing}: ${formatProgress(progress)}`) };
}
