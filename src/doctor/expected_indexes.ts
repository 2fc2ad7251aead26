/** The indexes that migrations make, read from their text: what a database without one of them lacks. */

import type { Migration } from "../db/migrate.ts";

const NAME = "(?:if (?:not )?exists )?([a-z0-9_]+)";
/** What makes or ends an index, in the order in which it stands. */
const STATEMENT = new RegExp(
  [
    `create (?:unique )?index (?:concurrently )?${NAME} on (?:only )?([a-z0-9_]+)`,
    `drop index (?:concurrently )?(?:if exists )?([a-z0-9_, ]+)`,
    `drop table (?:if exists )?([a-z0-9_, ]+)`,
    `alter index ${NAME} rename to ([a-z0-9_]+)`,
  ].join("|"),
  "g",
);

/** Names of the indexes that these migrations leave behind, one after the other; those of keys and constraints are not among them. */
export async function expectedIndexes(migrations: readonly Migration[]): Promise<Set<string>> {
  const tableOf = new Map<string, string>();
  for (const { up } of migrations) {
    const script = (await Deno.readTextFile(up)).replaceAll(/--.*$/gm, "").toLowerCase().replaceAll(/\s+/g, " ");
    for (const [, made, table, dropped, droppedTables, renamed, name] of script.matchAll(STATEMENT)) {
      if (made) tableOf.set(made, table!);
      for (const one of names(dropped)) tableOf.delete(one);
      for (const gone of names(droppedTables)) {
        for (const [index, on] of tableOf) if (on === gone) tableOf.delete(index);
      }
      if (renamed && tableOf.has(renamed)) {
        tableOf.set(name!, tableOf.get(renamed)!);
        tableOf.delete(renamed);
      }
    }
  }
  return new Set(tableOf.keys());
}

function names(list: string | undefined): string[] {
  return (list ?? "").split(",").map((name) => name.trim().replace(/ (cascade|restrict)$/, "")).filter((name) =>
    name !== ""
  );
}
