/** Loaded into a measured process. On each message, collects garbage and sends the size of the remaining heap. */
const process = require("node:process");

process.on("message", () => {
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    process.send(heapUsed + external);
});
process.channel.unref();
