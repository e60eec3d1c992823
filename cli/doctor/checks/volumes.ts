import { volumeName } from "../../../provider/buildx/names";
import type { Machine, VolumeFacts } from "../../machine/facts";
import { type RequestedNames, isRequestedName, nodeOfName } from "../../machine/names";
import { nodesOn } from "../../status/report";
import { formatHumanSize } from "../../format/quantities";
import { dockerAt, quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, finding } from "../finding";
import { hasUnreadableRecord, isOfOtherStore } from "../ownership";

/** Returns the volumes whose builders no longer exist. A `BuildKitState` keeps its volume on purpose. */
export function checkVolumes({ store, engines }: Machine, requested: RequestedNames): Finding[] {
    return engines.flatMap((engine) => {
        const recorded = nodesOn(engine, store.records).map(({ name }) => volumeName(name));
        const isLeft = ({ name, users, owner }: VolumeFacts) =>
            users.length === 0 &&
            !recorded.includes(name) &&
            isRequestedName(requested, name) &&
            !isOfOtherStore(owner, store) &&
            !hasUnreadableRecord(nodeOfName(name) ?? name, store) &&
            resourceOf(owner)?.type !== "BuildKitState";
        return engine.volumes.filter(isLeft).map(({ name, owner, size }): Finding => {
            const resource = resourceOf(owner);
            const creator = resource && `, created by ${resource.name} of stack ${resource.project}/${resource.stack},`;
            const amount = size === undefined ? "Its size is not known" : `Its size is ${formatHumanSize(size)}`;
            const where = engine.addresses[0] ?? engine.host;
            const found = `volume ${name} on ${where}${creator ?? ""} has neither a container nor a record. ${amount}`;
            const removal = {
                what: "remove the volume, if its cache is no longer needed",
                command: `${dockerAt(engine)} volume rm ${quote(name)}`,
            };
            return finding("volume-without-builder", name, found, removal);
        });
    });
}
