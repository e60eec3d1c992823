/**
 * Each process of Pulumi's SDK loads the TypeScript compiler and npm's library, which functions become resources with, and
 * source maps. That is nearly half of what a `pulumi up` of a test takes, and no program in JavaScript needs it here, so
 * that they are loaded once something asks them, and source maps never. The tests of examples, of the package as it is
 * installed, and of what loading costs go without this.
 */
const Module = require("node:module");

const later = new Set(["typescript", "@npmcli/arborist"]);
const never = "source-map-support/register";

const load = Module._load;
Module._load = function (name, ...rest) {
    if (name === never) return {};
    if (!later.has(name)) return load.call(this, name, ...rest);
    const loaded = () => load.call(Module, name, ...rest);
    // What says that it is such a module is taken as it is, and not copied.
    return new Proxy({}, { get: (_, key) => key === "__esModule" || loaded()[key] });
};
