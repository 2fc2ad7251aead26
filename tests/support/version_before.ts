/** The version of the program before the newest change of its schema, in a folder of its own. */

import { makeProjectFolder, outputOf } from "./child.ts";

const ROOT = new URL("../../", import.meta.url);

export interface VersionBefore {
  /** Of its folder. */
  root: URL;
  /** Short, of the commit. */
  commit: string;
  remove(): Promise<void>;
}

/**
 * From the history of this clone, or the commit that UPGRADE_FROM names; the committed version itself where the history does not
 * reach so far, as in a shallow clone. Its console is the one of this checkout.
 */
export async function checkOutVersionBefore(): Promise<VersionBefore> {
  const run = async (command: string, ...args: string[]) =>
    (await outputOf(new Deno.Command(command, { args, cwd: ROOT }))).trim();
  const changed = await run("git", "log", "-1", "--format=%H", "--", "migrations/checksums");
  const commit = await run("git", "rev-parse", "--short", Deno.env.get("UPGRADE_FROM") ?? `${changed}^`)
    .catch(() => {
      console.warn("The history of this clone does not reach a version with an older schema: HEAD stands for it");
      return run("git", "rev-parse", "--short", "HEAD");
    });
  const folder = await makeProjectFolder("timewire-before-");
  const parts = "src migrations deno.json deno.lock tests/console/deno.json";
  await run("bash", "-euo", "pipefail", "-c", `git archive ${commit} ${parts} | tar x -C ${folder}`);
  await run("cp", "-r", "src/console/dist", `${folder}/src/console/`);
  return { root: new URL(`file://${folder}/`), commit, remove: () => Deno.remove(folder, { recursive: true }) };
}
