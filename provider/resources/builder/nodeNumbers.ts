/** The values by which a node keeps its automatic name. */
export interface NumberedNode {
    /** `undefined` for a node with an automatic name. */
    readonly name: string | undefined;
    readonly endpoint: string | undefined;
}

/**
 * Returns the number in the automatic name of each node. A node keeps its number when other nodes are added or removed.
 * A new node gets the first free number, as in buildx (buildx: `store/nodegroup.go`, `nextNodeName`).
 *
 * @param before the nodes of the previous update.
 * @param numbersBefore their numbers. @default their positions
 */
export function numbersOfNodes(
    nodes: readonly NumberedNode[],
    before: readonly NumberedNode[],
    numbersBefore: readonly number[] | undefined,
): number[] {
    const numbers = before.map((_, index) => numbersBefore?.[index] ?? index);
    const taken = new Set<number>();
    for (const { name } of nodes) {
        const number = Number(/\d+$/.exec(name ?? "")?.[0] ?? Number.NaN);
        if (!Number.isNaN(number)) taken.add(number);
    }
    const kept = nodes.map((node) => {
        const at = before.findIndex(
            (each, index) =>
                node.name === undefined &&
                each.name === undefined &&
                each.endpoint === node.endpoint &&
                !taken.has(numbers[index] as number),
        );
        if (at < 0) return undefined;
        taken.add(numbers[at] as number);
        return numbers[at];
    });
    return nodes.map((node, index) => {
        const number = kept[index];
        if (number !== undefined || node.name !== undefined) return number ?? index;
        let free = 0;
        while (taken.has(free)) free++;
        taken.add(free);
        return free;
    });
}
