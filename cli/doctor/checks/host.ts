import type { Machine } from "../../machine/facts";
import type { HostFacts } from "../../machine/host";
import { type RequestedNames, isRequestedName, isRequestedRecord } from "../../machine/names";
import { asRoot, quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, finding } from "../finding";

/**
 * Returns the problems of this machine itself: buildx's store, the builder chosen in it, docker's contexts and the
 * plugin.
 */
export const checkHost = (machine: Machine, host: HostFacts, requested: RequestedNames): Finding[] => [
    ...checkLock(host),
    ...checkFolderAccess(host),
    ...checkStoreAccess(machine, host),
    ...checkCurrentBuilder(machine),
    ...checkEnvironment(machine, host),
    ...checkContexts(machine, host, requested),
    ...checkPlugin(host),
];

function checkLock({ lock, platform }: HostFacts): Finding[] {
    if (lock === undefined) return [];
    const { path, heldBy } = lock;
    const by = heldBy === undefined ? "a process" : `process ${heldBy}`;
    const found = `${by} holds buildx's lock ${path}, and every buildx command waits for it`;
    const search =
        platform === "win32" ? [] : [{ what: "show which process it is", command: `fuser --verbose ${quote(path)}` }];
    const stop = { what: "stop it, unless it is a running docker buildx command", command: `kill ${heldBy}` };
    return [finding("store-locked", path, found, ...(heldBy === undefined ? search : [stop]))];
}

function checkFolderAccess({ readOnlyFolder, uid, gid }: HostFacts): Finding[] {
    if (readOnlyFolder === undefined) return [];
    const { path: folder, isOwn } = readOnlyFolder;
    const found = `this user may not write to ${folder}, in which buildx stores its records`;
    if (uid === undefined || gid === undefined)
        return [finding("store-read-only", folder, found, { what: "give this user write access" })];
    const command = isOwn ? `chmod -R u+rwX ${quote(folder)}` : asRoot(`chown -R ${uid}:${gid} ${quote(folder)}`, uid);
    return [finding("store-read-only", folder, found, { what: "give this user write access", command })];
}

function checkStoreAccess({ store: { folder, error } }: Machine, { readOnlyFolder }: HostFacts): Finding[] {
    if (error === undefined || readOnlyFolder !== undefined) return [];
    const { message: found, command } = error;
    return [
        finding("store-unreadable", folder, found, { what: "give this user read access", ...(command && { command }) }),
    ];
}

function checkCurrentBuilder({ store: { current, records } }: Machine): Finding[] {
    if (current === "" || records.some(({ name }) => name === current)) return [];
    const found = `the current builder is "${current}", but no builder has that name`;
    const command = "docker buildx use default";
    return [finding("current-missing", current, found, { what: "choose the engine's default builder", command })];
}

function checkEnvironment({ store: { records } }: Machine, { env: { builder } }: HostFacts): Finding[] {
    if (["", "default"].includes(builder) || records.some(({ name }) => name === builder)) return [];
    const found = `BUILDX_BUILDER is set to "${builder}", but no builder has that name`;
    return [
        finding("current-missing", builder, found, { what: "unset the variable", command: "unset BUILDX_BUILDER" }),
    ];
}

/** Returns the contexts that no record uses. The package creates one context for each node that needs TLS. */
function checkContexts({ store }: Machine, { contexts }: HostFacts, requested: RequestedNames): Finding[] {
    const used = new Set(store.records.flatMap(({ nodes }) => nodes.map(({ address }) => address)));
    const isMeant = (name: string) => {
        const node = name.replace(/^pulumi-buildx-/, "");
        return (
            isRequestedName(requested, node) ||
            store.records.some((record) => isRequestedRecord(requested, record) && record.name === node)
        );
    };
    return contexts
        .filter(({ name }) => !used.has(name) && isMeant(name))
        .map(({ name, urn }) => {
            const resource = resourceOf({ urn, store: "" });
            const by = resource ? `${resource.name} of stack ${resource.project}/${resource.stack}` : "a stack";
            const found = `docker context ${name} was created for a node of ${by}, but no record has that node`;
            const removal = { what: "remove the context", command: `docker context rm ${quote(name)}` };
            return finding("context-without-node", name, found, removal);
        });
}

function checkPlugin({ plugin }: HostFacts): Finding[] {
    if (plugin === "installed") return [];
    const found =
        plugin === "no docker"
            ? "docker CLI not found on the PATH: the commands above and builds from a shell need it"
            : "docker has no buildx plugin: builders can be created without it, but docker buildx build is not possible";
    const what = "install it: https://docs.docker.com/engine/install";
    return [finding("plugin-missing", "docker", found, { what })];
}
