import { median } from "./rounds";

/** The slope of the line that lies between points best, as Theil and Sen have it: what stands out of it has no say. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
    const slopes = points.flatMap(([x, y], index) => points.slice(index + 1).map(([u, v]) => (v - y) / (u - x)));
    return median(slopes);
}
