/** Why the emulators of a host must not be changed: one function for each reason. */
import { whyLeftBehind } from "../../docker/engine/leftBehind";
import { firstReason } from "../plan";
import { emulatorOf } from "./architectures";
import type { Comparison } from "./compare";
import type { DesiredEmulation } from "./desired";
import type { ObservedEmulation } from "./observe";

type Refusal = (desired: DesiredEmulation, observed: ObservedEmulation, compared: Comparison) => string | undefined;

const isOnAnotherEngine: Refusal = (_, { leftAt, host }) =>
    leftAt === undefined ? undefined : whyLeftBehind("the emulation", leftAt, host);

/** An emulator for containers must be registered with the flag F. Other programs may register it without the flag. */
const brokenIsUnmanaged: Refusal = ({ image }, { host, isOther }, { broken, kept, missing }) => {
    const unmanaged = broken.filter((emulator) => !kept.includes(emulator));
    if (isOther || unmanaged.length === 0) return undefined;
    const platforms = missing.filter((each) => unmanaged.includes(emulatorOf(each))).map((each) => `linux/${each}`);
    const names = unmanaged.join(",");
    return (
        `${platforms.join(", ")} cannot be emulated on the host of ${host}: another program already registered ${names}, ` +
        "which does not work in containers (emulators for containers must be registered with the flag F). " +
        `Unregister it with: docker run --privileged --rm ${image} --uninstall ${names}`
    );
};

const refusals: readonly Refusal[] = [isOnAnotherEngine, brokenIsUnmanaged];

/** Returns the first reason that applies. */
export const whyRefused: Refusal = (...facts) => firstReason(refusals, ...facts);
