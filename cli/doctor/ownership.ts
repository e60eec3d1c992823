import type { Owner } from "../../provider/ownership";
import type { StoreFacts } from "../machine/facts";
import { builderOfNode } from "../machine/names";

/** Whether a resource with this store created a container or volume. Other stores' resources are not examined. */
export const isOfThisStore = (owner: Owner | undefined, { identifier }: StoreFacts): boolean =>
    owner !== undefined && owner.store === identifier;

/** Whether a resource with another store, for example of another machine, created it. It needs no record here. */
export const isOfOtherStore = (owner: Owner | undefined, store: StoreFacts): boolean =>
    owner !== undefined && !isOfThisStore(owner, store);

/** Whether a node that seems to have no record may have a record that cannot be read. */
export const hasUnreadableRecord = (node: string, { records }: StoreFacts): boolean =>
    records.some(({ name, unreadable }) => unreadable !== undefined && [node, builderOfNode(node)].includes(name));
