#!/usr/bin/env node
/**
 * The executable `pulumi-resource-buildx`. Pulumi starts it with the address of its engine as the argument, and reads the
 * port of the server from the first line of the standard output.
 */
import "./requireNode";
import "./compileCache"; // before the modules that it saves
import { serve } from "./server";

serve(process.argv[2]).then(
    (port) => process.stdout.write(`${port}\n`),
    (error: Error) => {
        process.stderr.write(`pulumi-resource-buildx cannot start its server: ${error.message}\n`);
        process.exit(1);
    },
);
