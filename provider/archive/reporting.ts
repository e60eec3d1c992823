import { cancelled } from "../pulumi/cancel";
import { statusLine } from "../pulumi/progress";
import { formatProgress } from "./progress";
import type { Reporting } from "./write";

/** Status lines at a resource, until Pulumi is told to stop. */
export function reportingTo(urn: string): Reporting {
    const show = statusLine(urn);
    let doing = "";
    const report = (text: string) => show((doing = text));
    return { report, onProgress: (progress) => show(`${doing}: ${formatProgress(progress)}`), signal: cancelled() };
}
