/**
 * The `sh` scripts that the helper runs. The state is at `/state`.
 *
 * They need GNU tar, which keeps everything in an overlay snapshot: `trusted.overlay.*` attributes, devices as
 * whiteouts, hard links of setuid files. The engine's own archive copy loses some of each.
 */

/** Entries at a state's root that the copy itself creates. */
export const ownEntries = {
    /** The folder with unpacked content that is not yet complete. */
    restoring: ".restoring",
    /** The folder with complete content while it is moved to the root. */
    moving: ".moving",
    /** The file with the mark of the restore. */
    restored: ".restored",
} as const;

/** buildkitd locks this file with flock(2) while it runs, exits if it cannot, and removes the file when it exits. */
const lock = "buildkitd.lock";

/** Entries that are not part of the state. */
export const excludedEntries = [...Object.values(ownEntries), lock, "lost+found"];

const { restoring, moving, restored } = ownEntries;

/** How long to wait for a lock that another process holds, in seconds. */
const lockTimeout = 30;

/** Exit codes that only these scripts return. */
export const exitCodes = { locked: 75, incomplete: 76, full: 77 } as const;

const takeLock = (folder: string, descriptor: number) =>
    `exec ${descriptor}>>${folder}/${lock} && flock --wait ${lockTimeout} ${descriptor} || exit ${exitCodes.locked}`;

/** The named pipe in the helper, if there is one. */
export const pipe = {
    folder: "/pipe",
    name: "data",
    /** The environment variable that identifies the kernel on which the pipe was created. */
    kernel: "PIPE_KERNEL",
} as const;

const pipePath = `${pipe.folder}/${pipe.name}`;

/** The first line of the helper's output: what transfers the tar. */
export const transfers = { byPipe: "pipe", byEngine: "engine" } as const;

/**
 * Opens the named pipe as descriptor 4 if it connects this process with the program that created it, and reports
 * whether it does. A pipe that is opened for reading and writing does not wait for that program, which may have been
 * killed.
 */
const openPipe = (direction: "<" | ">") => `
piped=
if [ -p ${pipePath} ] && [ "$(cat /proc/sys/kernel/random/boot_id)" = "$${pipe.kernel}" ]; then
    exec 3<>${pipePath} 4${direction}${pipePath} 3>&-
    piped=1
    echo ${transfers.byPipe}
else
    echo ${transfers.byEngine}
fi
`;

/** The number of blocks, of 512 bytes each, in a record: what tar reads or writes at once. A pipe holds one record. */
const recordBlocks = 128;

export const recordLength = recordBlocks * 512;

const createTar =
    `tar --create --blocking-factor=${recordBlocks} --file=- --sort=name --numeric-owner --xattrs '--xattrs-include=*' --sparse` +
    " --pax-option=delete=atime,delete=ctime --warning=no-file-ignored --anchored" +
    excludedEntries.map((entry) => ` --exclude=./${entry}`).join("");

const extractTar =
    `tar --extract --blocking-factor=${recordBlocks} --file=- --numeric-owner --same-owner --same-permissions` +
    " --xattrs '--xattrs-include=*'";

/** Prints the names at the state's root, an empty line, and the mark of the last restore if there is one. */
export const listScript = `cd /state && ls -A1 && echo && if [ -f ${restored} ]; then cat ${restored}; fi`;

/** Reports the approximate size of a folder on standard error, for {@link sizeIn}, while the tar is already written. */
const reportSize = (folder: string) =>
    `{ set -- $(du --summarize --apparent-size --block-size=1 ${folder} 2>/dev/null) && echo "size-$1" >&2; } &`;

/** Returns the size in bytes that a text reports, or `undefined` if it reports none. */
export function sizeIn(text: string): number | undefined {
    const size = /size-(\d+)/.exec(text)?.[1];
    return size === undefined ? undefined : Number(size);
}

/** Writes the state as a tar. Holds buildkitd's lock. */
export const archiveScript = `${openPipe(">")}[ -z "$piped" ] || exec >&4 4>&-
cd /state || exit
${takeLock(".", 9)}
${reportSize("/state")}
${createTar} .
code=$?
rm -f ${lock}
exit $code
`;

/** Runs a command for each entry of the current folder, except the skipped entries. */
const forEach = (work: string, skipped: readonly string[] = []) => `
for entry in .[!.]* ..?* *; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    case $entry in ${["''", ...skipped].join("|")}) continue ;; esac
    ${work}
done`;

/**
 * Removes incomplete content. The exit code reports whether the disk is full; this is probed, because tar's messages
 * for it vary.
 */
const discardIncomplete = `{
    code=${exitCodes.incomplete}
    head -c 1048576 /dev/zero 2>/dev/null >${restoring}/probe || code=${exitCodes.full}
    rm -rf ${restoring} ${lock}
    exit $code
}`;

/**
 * Replaces the state with the unpacked content. Directories are moved last: the snapshots are one directory, and
 * without it buildkitd treats the state as empty.
 */
const moveIntoPlace = (mark: string) => `
sync -f .
${forEach('rm -rf "$entry"', [restoring, lock, "lost+found"])}
mv -T ${restoring} ${moving}
cd ${moving}
${forEach('[ -d "$entry" ] && [ ! -L "$entry" ] || mv "$entry" ..')}
${forEach('mv "$entry" ..')}
cd ..
chmod --reference=${moving} .
chown --reference=${moving} .
cat >${restored} <<'MARK'
${mark}
MARK
rmdir ${moving}
sync -f .
rm -f ${lock}
`;

/**
 * Unpacks a tar, and then waits for the word `whole` on standard input. If that word does not arrive, only an
 * incomplete folder exists, and the script removes it.
 *
 * In standard input, the word follows the tar. tar would read it too, because tar reads its input to the end.
 *
 * @param bytes the length of the tar.
 */
export const restoreScript = (bytes: number, mark: string): string => `${openPipe("<")}
set -e
cd /state
${takeLock(".", 9)}
rm -rf ${restoring} ${moving} ${restored}
mkdir ${restoring}
unpack() { ${extractTar} --directory=${restoring}; }
if [ "$piped" ]; then unpack <&4; else head -c ${bytes} | unpack; fi || ${discardIncomplete}
echo unpacked
word=
read -r word || true
[ "$word" = whole ] || ${discardIncomplete}
${moveIntoPlace(mark)}`;

/** Removes the progress reports from a text, which leaves the error messages. */
export const withoutReports = (text: string): string => text.replace(/^.*\b(size|copied)-\d*\s*$\n?/gm, "");

/** How many of tar's records lie between two progress reports. */
const checkpoint = 64;

/** Copies the state at `/from`. Reports the number of copied records on standard error, for {@link copiedRecords}. */
export const copyScript = (mark: string): string => `
set -e
cd /state
${takeLock(".", 9)}
${takeLock("/from", 8)}
rm -rf ${restoring} ${moving} ${restored}
mkdir ${restoring}
${reportSize("/from")}
{ (cd /from && ${createTar} --checkpoint=${checkpoint} --checkpoint-action=echo=copied-%u .) || touch /failed; } |
    ${extractTar} --directory=${restoring} || touch /failed
rm -f /from/${lock}
[ ! -e /failed ] || ${discardIncomplete}
${moveIntoPlace(mark)}`;

/** Returns the number of records in the last progress report of a text, or `undefined` if there is none. */
export function copiedRecords(text: string): number | undefined {
    const last = [...text.matchAll(/copied-(\d+)/g)].at(-1)?.[1];
    return last === undefined ? undefined : Number(last);
}
