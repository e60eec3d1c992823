import type { Owner } from "../../provider/docker/ownership";
import type { StoreFacts } from "../machine/facts";

/** Whether a resource made it from this store; from another one it is that one's affair. */
export const isOfThisStore = (owner: Owner | undefined, { identifier }: StoreFacts): boolean =>
    owner !== undefined && owner.store === identifier;

/** Whether it may be without a record for a good reason: a resource with a store of another machine has it. */
export const isOfOtherStore = (owner: Owner | undefined, store: StoreFacts): boolean =>
    owner !== undefined && !isOfThisStore(owner, store);
