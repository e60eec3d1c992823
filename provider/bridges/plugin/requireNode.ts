/** Ends the process if Node.js is too old. It comes before all other modules, which may not load then. */

/** The oldest release of Node.js that the package supports (`engines` in `package.json`). */
const oldest = [22, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    process.stderr.write(
        `pulumi-resource-buildx needs Node.js ${oldest.join(".")} or newer, but the node on the PATH is ` +
            `${process.version} (${process.execPath}). Update Node.js: https://nodejs.org/\n`,
    );
    process.exit(1);
}
