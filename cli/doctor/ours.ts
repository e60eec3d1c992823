import type { Owner } from "../../provider/docker/ownership";
import type { StoreFacts } from "../machine/facts";
import { builderOfNode } from "../machine/names";

/** Whether a resource made it from this store; from another one it is that one's affair. */
export const isOfThisStore = (owner: Owner | undefined, { identifier }: StoreFacts): boolean =>
    owner !== undefined && owner.store === identifier;

/** Whether it may be without a record for a good reason: a resource with a store of another machine has it. */
export const isOfOtherStore = (owner: Owner | undefined, store: StoreFacts): boolean =>
    owner !== undefined && !isOfThisStore(owner, store);

/** Whether what looks as if it had no record may have one that cannot be read. */
export const hasUnreadableRecord = (node: string, { records }: StoreFacts): boolean =>
    records.some(({ name, unreadable }) => unreadable !== undefined && [node, builderOfNode(node)].includes(name));
