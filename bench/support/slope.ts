import { median } from "./rounds";

/** Returns the slope of the line that fits points best (Theil–Sen estimator). Outliers do not affect it. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
    const slopes = points.flatMap(([x, y], index) => points.slice(index + 1).map(([u, v]) => (v - y) / (u - x)));
    return median(slopes);
}
