/** The record in which buildx stores a builder of its `remote` driver. */
import type { NodeGroup, StoredNode } from "../../buildx/store";
import { eachPlatformOnce } from "../builder/record";
import type { DesiredNode, DesiredRemote } from "./desired";

export const driver = "remote";

/** Returns the record that `docker buildx create`, and then `create --append` for each further node, would write. */
export const recordOf = ({ name, nodes }: Pick<DesiredRemote, "name" | "nodes">): NodeGroup => ({
    Name: name,
    Driver: driver,
    Nodes: eachPlatformOnce(nodes.map(storedNode)),
    Dynamic: false,
});

const storedNode = (node: DesiredNode): StoredNode => ({
    Name: node.name,
    Endpoint: node.address,
    Platforms: node.platforms.length === 0 ? null : [...node.platforms],
    DriverOpts: storedOptions(node),
    Flags: null,
    Files: null,
});

/** Returns the driver options, in the order in which buildx writes them. */
function storedOptions({ paths, tls, defaultLoad }: DesiredNode): Record<string, string> | null {
    const options = {
        cacert: paths.ca,
        cert: paths.cert,
        "default-load": defaultLoad === undefined ? undefined : String(defaultLoad),
        key: paths.key,
        servername: tls?.serverName,
    };
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    return given.length === 0 ? null : (Object.fromEntries(given) as Record<string, string>);
}
