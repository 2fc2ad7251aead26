/** The version of the program, as health, documents and traces name it. */

import program from "../../deno.json" with { type: "json" };

/** Semantic version, e.g. "0.1.0"; stated in deno.json. */
export const VERSION: string = program.version;
