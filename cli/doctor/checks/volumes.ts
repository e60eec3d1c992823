import { volumeName } from "../../../provider/buildx/names";
import type { Machine, VolumeFacts } from "../../machine/facts";
import { type Asked, isAskedName, nodeOfName } from "../../machine/names";
import { nodesOn } from "../../status/report";
import { formatSize } from "../../format/quantities";
import { dockerAt, quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, problem } from "../finding";
import { hasUnreadableRecord, isOfOtherStore } from "../ownership";

/** Returns the volumes whose builders no longer exist. A `BuildKitState` keeps its volume on purpose. */
export function ofVolumes({ store, engines }: Machine, asked: Asked): Finding[] {
    return engines.flatMap((engine) => {
        const recorded = nodesOn(engine, store.records).map(({ name }) => volumeName(name));
        const isLeft = ({ name, users, owner }: VolumeFacts) =>
            users.length === 0 &&
            !recorded.includes(name) &&
            isAskedName(asked, name) &&
            !isOfOtherStore(owner, store) &&
            !hasUnreadableRecord(nodeOfName(name) ?? name, store) &&
            resourceOf(owner)?.type !== "BuildKitState";
        return engine.volumes.filter(isLeft).map(({ name, owner, size }): Finding => {
            const resource = resourceOf(owner);
            const by = resource && `; ${resource.name} of stack ${resource.project}/${resource.stack} made it`;
            const held = size === undefined ? "" : ` It holds ${formatSize(size)}`;
            const what = `volume ${name} on ${engine.addresses[0] ?? engine.host} has neither a container nor a record`;
            const found = `${what}${by ?? ""}.${held || " How much it holds is not known"}`;
            const removal = {
                what: "remove it, if the cache is of no more use",
                command: `${dockerAt(engine)} volume rm ${quote(name)}`,
            };
            return problem("volume-without-builder", name, found, removal);
        });
    });
}
