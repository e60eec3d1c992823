/** Loaded into a process that is looked at: when it is asked to, it collects its garbage, and tells what is left. */
const process = require("node:process");

process.on("message", () => {
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    process.send(heapUsed + external);
});
process.channel.unref();
