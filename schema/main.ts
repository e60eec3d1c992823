/**
 * Writes `schema.json`.
 *
 *   npm run schema                # from the public types, their docstrings and the examples
 *   npm run schema -- --convert   # converts the examples first
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertExamples } from "./examples";
import { generateSchema } from "./generate";
import { root } from "./program";

if (process.argv.includes("--convert")) convertExamples();
writeFileSync(join(root, "schema.json"), `${JSON.stringify(generateSchema(), undefined, 4)}\n`);
