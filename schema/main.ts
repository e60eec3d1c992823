/**
 * Writes `schema.json` and the generated pages of `docs/reference/`.
 *
 *   npm run schema                # from the public types, their docstrings and the examples
 *   npm run schema -- --convert   # converts the examples first
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertExamples } from "./examples";
import { generateSchema } from "./generate";
import { generatePages } from "./pages";
import { readPublicTypes, root } from "./program";

if (process.argv.includes("--convert")) convertExamples();
const types = readPublicTypes();
const schema = generateSchema(types);
writeFileSync(join(root, "schema.json"), `${JSON.stringify(schema, undefined, 4)}\n`);
for (const [path, text] of generatePages(types, schema)) writeFileSync(join(root, path), text);
