import type { Machine } from "../../machine/facts";
import type { HostFacts } from "../../machine/host";
import { type Asked, isAskedName, isAskedRecord } from "../../machine/names";
import { asRoot, quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, problem } from "../finding";

/**
 * Returns the problems of this machine itself: buildx's store, the builder chosen in it, docker's contexts and the
 * plugin.
 */
export const ofHost = (machine: Machine, host: HostFacts, asked: Asked): Finding[] => [
    ...ofLock(host),
    ...ofReadOnlyFolder(host),
    ...ofUnreadableStore(machine, host),
    ...ofCurrent(machine),
    ...ofChosen(machine, host),
    ...ofContexts(machine, host, asked),
    ...ofPlugin(host),
];

function ofLock({ lock, platform }: HostFacts): Finding[] {
    if (lock === undefined) return [];
    const { path, heldBy } = lock;
    const by = heldBy === undefined ? "a process" : `process ${heldBy}`;
    const found = `${by} holds buildx's lock ${path}, and every buildx waits for it`;
    const asking =
        platform === "win32" ? [] : [{ what: "see which process it is", command: `fuser --verbose ${quote(path)}` }];
    const ending = { what: "end it, unless it is a docker buildx at work", command: `kill ${heldBy}` };
    return [problem("store-locked", path, found, ...(heldBy === undefined ? asking : [ending]))];
}

function ofReadOnlyFolder({ readOnlyFolder, uid, gid }: HostFacts): Finding[] {
    if (readOnlyFolder === undefined) return [];
    const { path: folder, isOwn } = readOnlyFolder;
    const found = `this user may not write to ${folder}, where buildx keeps its records`;
    if (uid === undefined || gid === undefined)
        return [problem("store-read-only", folder, found, { what: "let this user write there" })];
    const command = isOwn ? `chmod -R u+rwX ${quote(folder)}` : asRoot(`chown -R ${uid}:${gid} ${quote(folder)}`, uid);
    return [problem("store-read-only", folder, found, { what: "let this user write there", command })];
}

function ofUnreadableStore({ store: { folder, trouble } }: Machine, { readOnlyFolder }: HostFacts): Finding[] {
    if (trouble === undefined || readOnlyFolder !== undefined) return [];
    const { message: found, command } = trouble;
    return [
        problem("store-unreadable", folder, found, { what: "let this user read there", ...(command && { command }) }),
    ];
}

function ofCurrent({ store: { current, records } }: Machine): Finding[] {
    if (current === "" || records.some(({ name }) => name === current)) return [];
    const found = `"${current}" is the current builder, and there is none of that name`;
    const command = "docker buildx use default";
    return [problem("current-missing", current, found, { what: "choose the engine's own", command })];
}

function ofChosen({ store: { records } }: Machine, { env: { builder } }: HostFacts): Finding[] {
    if (["", "default"].includes(builder) || records.some(({ name }) => name === builder)) return [];
    const found = `BUILDX_BUILDER names "${builder}", and there is no builder of that name`;
    return [problem("current-missing", builder, found, { what: "leave that out", command: "unset BUILDX_BUILDER" })];
}

/** Returns the contexts that no record uses. The package creates one context for each node that needs TLS. */
function ofContexts({ store }: Machine, { contexts }: HostFacts, asked: Asked): Finding[] {
    const used = new Set(store.records.flatMap(({ nodes }) => nodes.map(({ address }) => address)));
    const isMeant = (name: string) => {
        const node = name.replace(/^pulumi-buildx-/, "");
        return (
            isAskedName(asked, node) ||
            store.records.some((record) => isAskedRecord(asked, record) && record.name === node)
        );
    };
    return contexts
        .filter(({ name }) => !used.has(name) && isMeant(name))
        .map(({ name, urn }) => {
            const resource = resourceOf({ urn, store: "" });
            const by = resource ? `${resource.name} of stack ${resource.project}/${resource.stack}` : "a stack";
            const found = `docker context ${name} was made for a node of ${by}, and no record has that node`;
            const removal = { what: "remove it", command: `docker context rm ${quote(name)}` };
            return problem("context-without-node", name, found, removal);
        });
}

function ofPlugin({ plugin }: HostFacts): Finding[] {
    if (plugin === "there") return [];
    const found =
        plugin === "no docker"
            ? "there is no docker CLI on the PATH, which the commands above and builds from a shell take"
            : "docker has no buildx plugin; builders are made without it, but docker buildx build is not possible";
    const what = "install it: https://docs.docker.com/engine/install";
    return [{ kind: "plugin-missing", severity: "hint", subject: "docker", found, mends: [{ what }] }];
}
