/** Which addresses of custom sources there are, by hash, as verify/known_hashes.ts reads them: keys, and names beside a workspace. */

import { hash } from "node:crypto";
import type { Database } from "../db/db.ts";
import { PREFIX_BYTES } from "../verify/hash_set.ts";
import type { HashReads, StoredHashes } from "../verify/known_hashes.ts";
import { KEY_FORM } from "./definition.ts";

/** What a request names: the address's last part, and for a source by its name the workspace too. */
export interface SourceAddress {
  /** Profile key of the listener. */
  addon: string;
  /** Key or name. */
  place: string;
  workspaceId: string | undefined;
}

/** True for the last part of an address that needs no workspace with it. */
export function isKey(place: string): boolean {
  return KEY_FORM.test(place);
}

/** What stands for an address in memory; undefined for one that no source can have. */
export function addressSha256({ addon, place, workspaceId }: SourceAddress): Uint8Array | undefined {
  if (!/^[a-z0-9_-]{1,100}$/.test(place)) return undefined;
  if (isKey(place)) return sha256(`key ${addon} ${place}`);
  if (workspaceId === undefined || !/^[\x21-\x7e]{1,100}$/.test(workspaceId)) return undefined;
  return sha256(`name ${addon} ${workspaceId} ${place}`);
}

/** The addresses that a source answers to: its key, and its name, unless it is unsigned. */
export function addressesOf(
  { addon, workspaceId }: { addon: string; workspaceId: string },
  { key, name, scheme }: { key: string; name: string; scheme: string },
): Uint8Array[] {
  return (scheme === "none" ? [key] : [key, name]).map((place) => addressSha256({ addon, place, workspaceId })!);
}

/** Sources that one page brings. */
const PAGE = 1_000;

interface Row {
  id: number;
  addon: string;
  workspace_id: string;
  name: string;
  scheme: string;
  key: string;
  at: Date;
}

export function sourceHashes(db: Pick<Database, "scoped">): HashReads {
  /** By id, or by the time they were made; those that were deleted keep their row, and are left out. */
  const read = (narrow: { after: number } | { since: Date }) =>
    db.scoped("all", (sql) =>
      sql<Row[]>`
      select source.id, installation.addon, installation.workspace_id, source.name, source.scheme, source.key, now() as at
      from custom_source source join installation on installation.id = source.installation_id
      where source.deleted_at is null
        and ${"after" in narrow ? sql`source.id > ${narrow.after}` : sql`source.created_at > ${narrow.since}`}
      order by source.id ${"after" in narrow ? sql`limit ${PAGE}` : sql``}`);
  return {
    all: async function* () {
      for (let after = 0;;) {
        const rows = await read({ after });
        if (rows.length === 0) return;
        yield hashesOf(rows);
        after = rows.at(-1)!.id;
      }
    },
    since: async (at) => {
      const rows = await read({ since: at });
      return hashesOf(rows);
    },
  };
}

function hashesOf(rows: readonly Row[]): StoredHashes {
  const places = rows.flatMap((row) => addressesOf({ addon: row.addon, workspaceId: row.workspace_id }, row));
  const prefixes = new Uint8Array(places.length * PREFIX_BYTES);
  places.forEach((one, index) => prefixes.set(one.subarray(0, PREFIX_BYTES), index * PREFIX_BYTES));
  return { prefixes, at: rows[0]?.at };
}

function sha256(text: string): Uint8Array {
  return hash("sha256", text, "buffer");
}
