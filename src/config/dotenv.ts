/**
 * What the import map calls @std/dotenv, until it can be fetched: the names of that package over node:util. One difference:
 * a `$` stays as it was written, where @std/dotenv puts the value of `$NAME` into one without quotes.
 */

// Not by its name: hosts with a Deno before 2.6 have no parseEnv, and no such file either (docs/deno_deploy.md).
import util from "node:util";

export interface LoadOptions {
  /** Default ".env" in the working directory; null reads none. */
  envPath?: string | null;
  /** Sets what the environment of the process does not have. Default false. */
  export?: boolean;
}

/** The variables in the text of such a file. */
export function parse(text: string): Record<string, string> {
  return util.parseEnv(text) as Record<string, string>;
}

/** The variables in the file; none where it does not exist. Throws what reading it throws. */
export async function load({ envPath = ".env", export: exported = false }: LoadOptions = {}): Promise<
  Record<string, string>
> {
  if (envPath === null) return {};
  let text: string;
  try {
    text = await Deno.readTextFile(envPath);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
  const variables = parse(text);
  if (exported) {
    for (const [name, value] of Object.entries(variables)) {
      if (Deno.env.get(name) === undefined) Deno.env.set(name, value);
    }
  }
  return variables;
}
