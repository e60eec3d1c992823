/**
 * Makes Pulumi's SDK start faster. Each process of the SDK loads the TypeScript compiler, npm's library (to serialize
 * functions) and source maps, which takes nearly half of the time of a test's `pulumi up`. The JavaScript programs of the
 * tests do not need them, so the modules are loaded on first use, and source maps are never loaded. The tests of the
 * examples, of the installed package and of loading times do not use this file.
 */
const Module = require("node:module");

const later = new Set(["typescript", "@npmcli/arborist"]);
const never = "source-map-support/register";

const load = Module._load;
Module._load = function (name, ...rest) {
    if (name === never) return {};
    if (!later.has(name)) return load.call(this, name, ...rest);
    const loaded = () => load.call(Module, name, ...rest);
    // `__esModule` is answered without loading the module, so that importers use the proxy and do not copy it.
    return new Proxy({}, { get: (_, key) => key === "__esModule" || loaded()[key] });
};
