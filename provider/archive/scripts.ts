/**
 * What the helper runs, in `sh`. The state is at `/state`.
 *
 * It takes GNU tar, which keeps all that an overlay snapshot is made of: `trusted.overlay.*` attributes, devices as
 * whiteouts, hard links of files that are setuid. The engine's own copying of archives loses some of each.
 */

/** Entries at a state's root that are the copying's own. */
export const ownEntries = {
    /** What is unpacked and not yet whole. */
    restoring: ".restoring",
    /** What is whole and on its way to the root. */
    moving: ".moving",
    /** What was restored. */
    restored: ".restored",
} as const;

/** buildkitd holds it with flock(2) while it runs, ends where it cannot have it, and removes it in the end. */
const lock = "buildkitd.lock";

/** Entries that are not the state's. */
export const foreignEntries = [...Object.values(ownEntries), lock, "lost+found"];

const { restoring, moving, restored } = ownEntries;

/** Seconds until a lock that someone else has is given up. */
const lockPatience = 30;

/** Exit codes of our own. */
export const exitCodes = { locked: 75, notWhole: 76, full: 77 } as const;

const takeLock = (folder: string, descriptor: number) =>
    `exec ${descriptor}>>${folder}/${lock} && flock --wait ${lockPatience} ${descriptor} || exit ${exitCodes.locked}`;

const create =
    "tar --create --file=- --sort=name --numeric-owner --xattrs '--xattrs-include=*' --sparse" +
    " --pax-option=delete=atime,delete=ctime --warning=no-file-ignored --anchored" +
    foreignEntries.map((entry) => ` --exclude=./${entry}`).join("");

const extract = "tar --extract --file=- --numeric-owner --same-owner --same-permissions --xattrs '--xattrs-include=*'";

/** Prints what is at the state's root, an empty line, and what the mark of a restore says. */
export const look = `cd /state && ls -A1 && echo && if [ -f ${restored} ]; then cat ${restored}; fi`;

/** Prints how large the state is, about. */
export const measure = "du --summarize --apparent-size --block-size=1 /state";

/** Writes the state as a tar to standard output, holding buildkitd's lock. */
export const archive = `
cd /state || exit
${takeLock(".", 9)}
${create} .
code=$?
rm -f ${lock}
exit $code
`;

/** Does some work for each entry of the folder that is none of the skipped ones. */
const forEach = (work: string, skipped: readonly string[] = []) => `
for entry in .[!.]* ..?* *; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    case $entry in ${["''", ...skipped].join("|")}) continue ;; esac
    ${work}
done`;

/** Takes away what is not whole, and tells by the exit code whether the disk is full: tar says it in several ways. */
const giveUp = `{
    code=${exitCodes.notWhole}
    head -c 1048576 /dev/zero 2>/dev/null >${restoring}/probe || code=${exitCodes.full}
    rm -rf ${restoring} ${lock}
    exit $code
}`;

/**
 * Puts what was unpacked in its place. Directories come last: without its snapshots buildkitd takes a state for an empty
 * one, and they are one directory.
 */
const putInPlace = (mark: string) => `
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
 * Unpacks a tar of so many bytes from standard input, and then waits for the word `whole`. Without it nothing but an
 * unfinished folder is there, and that is removed.
 */
export const restore = (bytes: number, mark: string): string => `
set -e
cd /state
${takeLock(".", 9)}
rm -rf ${restoring} ${moving} ${restored}
mkdir ${restoring}
head -c ${bytes} | ${extract} --directory=${restoring} || ${giveUp}
echo unpacked
word=
read -r word || true
[ "$word" = whole ] || ${giveUp}
${putInPlace(mark)}`;

/** Records of tar's, of 10240 bytes each, between two words on how far it is. */
const checkpoint = 400;

export const recordLength = 10_240;

/** Copies the state at `/from`. Tells how many records are copied on standard error, as {@link copiedRecords} reads it. */
export const copy = (mark: string): string => `
set -e
cd /state
${takeLock(".", 9)}
${takeLock("/from", 8)}
rm -rf ${restoring} ${moving} ${restored}
mkdir ${restoring}
{ (cd /from && ${create} --checkpoint=${checkpoint} --checkpoint-action=echo=copied-%u .) || touch /failed; } |
    ${extract} --directory=${restoring} || touch /failed
rm -f /from/${lock}
[ ! -e /failed ] || ${giveUp}
${putInPlace(mark)}`;

/** What the last of the checkpoints in a text says; `undefined` where there is none. */
export function copiedRecords(text: string): number | undefined {
    const last = [...text.matchAll(/copied-(\d+)/g)].at(-1)?.[1];
    return last === undefined ? undefined : Number(last);
}
