import type { Invocation } from "../arguments";
export async function doctor(_: Invocation): Promise<number> {
    return 0;
}
