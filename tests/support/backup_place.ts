/** Databases and a folder of backups for tests of backup, restore and move. */

import { systemClock } from "../../src/base/clock.ts";
import { answerBackups } from "../../src/backup/ask.ts";
import type { Database } from "../../src/db/db.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { migrateUp } from "../../src/db/migrate.ts";
import { createKeyring } from "../../src/secrets/encryption.ts";
import { tokenContext } from "../../src/secrets/contexts.ts";
import { requireFittingKeys } from "../../src/secrets/key_check.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { commandLineOf } from "./command_line.ts";

/** An embedded database in a folder of its own. */
export interface EmbeddedPlace {
  env: Record<string, string>;
  /** As a program that serves from it: open, and answering who asks for a backup. */
  serve(work: (db: Database) => Promise<void>): Promise<void>;
  remove(): Promise<void>;
}

export async function embeddedPlace(): Promise<EmbeddedPlace> {
  // Short: a socket file lies in it.
  const dataDir = await Deno.makeTempDir({ prefix: "tw-", dir: "/tmp" });
  const log = createLogger({ level: "ERROR", format: "json", clock: systemClock });
  return {
    env: { DATA_DIR: dataDir },
    serve: async (work) => {
      const db = await openEmbedded({ dataDir });
      const answering = await answerBackups(db, { dataDir, log });
      try {
        await migrateUp(db);
        await work(db);
      } finally {
        await answering.stop();
        await db.stop();
      }
    },
    remove: () => Deno.remove(dataDir, { recursive: true }),
  };
}

/** Runs a command line; gives its exit code, its lines, and what it wrote to standard error. */
export async function runVerb(
  env: Record<string, string>,
  args: ["backup" | "restore" | "move", ...string[]],
): Promise<{ code: number; lines: string[]; error: string }> {
  const { code, out, err } = await commandLineOf(env)(args);
  return { code, lines: out, error: err.join("\n") };
}

/** Texts and bytes that a text form may lose, and a token under the keys. Gives what holds() must find. */
export async function fill(db: Database, encryptionKeys: string): Promise<void> {
  const keyring = await createKeyring(encryptionKeys);
  await requireFittingKeys(db, keyring);
  const token = await keyring.seal("the token", tokenContext(1));
  const hard = [
    "tab\there",
    "line\nfeed\r",
    "back\\slash \\N \\.",
    "\ufeffmark",
    "snow \u2603 \u{1f600}",
    "",
    "\b\f\v\x01",
    '"$sealed"',
  ];
  await db.scoped("all", async (sql) => {
    await sql`
      insert into installation (addon, workspace_id, addon_id, status, hosts, token_sealed, settings)
      values ('universal_webhook', 'w1', 'a1', 'active', '{"a": [1, null, "x\\ty"]}', ${token}, ${
      JSON.stringify({ hard })
    }::text::jsonb)`;
    await sql`
      insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body, query)
      select 1, nextval('event_id_seq'), 'w1', 'NEW_TAG', text, text, '{}', convert_to(text, 'UTF8') || '\\x00ff0a095c'::bytea, null
      from json_array_elements_text(${JSON.stringify(hard)}::text::json) as text`;
    await sql`
      insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body)
      select 1, nextval('event_id_seq'), 'w1', 'NEW_TAG', 'many', 'r', '{}', convert_to(repeat(md5(n::text), 40), 'UTF8')
      from generate_series(1, 2000) n`;
    await sql`
      insert into job (kind, installation_id, payload, state, leased_by, due_at)
      values ('event', 1, '{"event_id": 1}', 'executing', 'gone', now() + interval '1 hour')`;
  });
}

/** Every row of the tables that fill() wrote to, as text, and where the sequence of events stands. */
export async function holds(db: Database): Promise<string[]> {
  const rows = await db.scoped("all", (sql) =>
    sql<{ row: string }[]>`
      select to_jsonb(installation)::text as row from installation
      union all select to_jsonb(event)::text from event order by 1`);
  const [sequence] = await db.sql<{ value: number }[]>`select last_value as value from event_id_seq`;
  return [...rows.map(({ row }) => row), String(sequence!.value)];
}
