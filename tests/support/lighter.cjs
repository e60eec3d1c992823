/**
 * Makes Pulumi's SDK start faster. Each process of the SDK loads the TypeScript compiler, npm's library (to serialize
 * functions), OpenTelemetry, the Automation API and source maps, which takes more than half of the time of a test's
 * `pulumi up`. The JavaScript programs of the tests do not need them, so the modules are loaded on first use, and source
 * maps are never loaded. The tests of the examples, of the installed package and of loading times do not use this file.
 */
const Module = require("node:module");

const never = "source-map-support/register";

/** Modules that are loaded when a property is read. Relative names are those in `index.js` of the SDK and of `runtime`. */
const whenRead = new Set([
    "typescript",
    "@npmcli/arborist",
    "@opentelemetry/api",
    "js-yaml",
    "semver",
    "./automation",
    "./provider",
]);

/** Modules that are loaded when one of their functions is called, because the SDK reads the functions on import. */
const whenCalled = new Set([
    "@opentelemetry/exporter-zipkin",
    "@opentelemetry/instrumentation",
    "@opentelemetry/instrumentation-grpc",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace-base",
    "@opentelemetry/sdk-trace-node",
    "./closure/codePaths",
    "./closure/serializeClosure",
]);

const inSdk = /[\\/]@pulumi[\\/]pulumi[\\/](?!.*[\\/]node_modules[\\/])/;
const inIndex = /[\\/]@pulumi[\\/]pulumi[\\/](runtime[\\/])?index\.js$/;
const isImported = (name, file = "") => (name.startsWith(".") ? inIndex : inSdk).test(file);

const load = Module._load;
Module._load = function (name, parent, ...rest) {
    if (name === never) return {};
    const isLater = (whenRead.has(name) || whenCalled.has(name)) && isImported(name, parent?.filename);
    if (!isLater) return load.call(this, name, parent, ...rest);
    const loaded = () => load.call(Module, name, parent, ...rest);
    const value = (key) => (whenCalled.has(name) ? later(() => loaded()[key]) : loaded()[key]);
    // `__esModule` is answered without loading the module, so that importers use the proxy and do not copy it.
    return new Proxy({}, { get: (_, key) => key === "__esModule" || value(key) });
};

/** Returns a function or a class that is loaded when it is called. */
const later = (loaded) =>
    new Proxy(function () {}, {
        apply: (_, self, args) => Reflect.apply(loaded(), self, args),
        construct: (_, args) => Reflect.construct(loaded(), args),
    });
