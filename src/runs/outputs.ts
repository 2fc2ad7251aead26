/** Outputs of steps that are kept apart from their rows (table output): how a record carries them, and how they are read. */

import { nextLoopTurn } from "../base/event_loop.ts";
import type { Database, Query } from "../db/db.ts";
import type { JournalEntry, RunPlace } from "../engine/journal.ts";
import { endOfPart, PART_CHARS } from "../engine/json_parts.ts";
import { KeptOutput, type NewOutput } from "../engine/outputs.ts";
import { OUTPUT_ROW_BYTES } from "../events/stored_size.ts";

/** Bytes that the outputs count in a workspace's quota. */
export function storedBytesOf(outputs: readonly NewOutput[]): number {
  return outputs.reduce((sum, { bytes }) => sum + bytes + OUTPUT_ROW_BYTES, 0);
}

/** Steps as a record has them: in place of a kept output its name. */
export function referencingSteps(steps: JournalEntry["steps"]) {
  return steps?.map((step) =>
    step.output instanceof KeptOutput
      ? { ...step, output: undefined, outputRef: step.output.id, outputBytes: step.output.bytes }
      : step
  );
}

/** Outputs of several records, whose texts travel as one, after each other. */
export interface JoinedOutputs {
  /** JSON: of each the ordinal of its record (o), its id and bytes, and where it begins in the text, from 1. */
  list: string;
  /** Of the text: none is much longer than a part of a value (engine/json_parts.ts). */
  pieces: string[];
  count: number;
}

/** `records`: the outputs of each. */
export function joinOutputs(records: readonly (readonly NewOutput[])[]): JoinedOutputs {
  const list: { o: number; id: string; bytes: number; from: number }[] = [];
  const pieces = createPieces();
  let from = 1;
  records.forEach((outputs, o) => {
    for (const { id, bytes, parts } of outputs) {
      list.push({ o, id, bytes, from });
      for (const part of parts) pieces.add(part);
      from += bytes;
    }
  });
  return { list: JSON.stringify(list), pieces: pieces.end(), count: list.length };
}

function createPieces() {
  const pieces: string[] = [];
  let open = "";
  return {
    add(part: string) {
      if (open.length + part.length <= PART_CHARS) return void (open += part);
      if (open !== "") pieces.push(open);
      open = "";
      for (let from = 0; from < part.length;) {
        const to = endOfPart(part, from);
        pieces.push(part.slice(from, to));
        from = to;
      }
    },
    end: () => open === "" ? pieces : [...pieces, open],
  };
}

/** Name of the setting that has a piece, from 1, until the end of the transaction. */
const PIECE_SETTING = "timewire.output_";

/** Pieces that are on their way at once: a megabyte. */
const PIECES_AT_ONCE = 4;

/**
 * Takes the text to the server ahead of the statement, where it is long: as one parameter 4 MB hold the thread for 15 to 30 ms,
 * since the driver and its socket copy each message four times as a whole.
 */
export async function sendPieces(sql: Query, { pieces }: JoinedOutputs): Promise<void> {
  if (pieces.length <= 1) return;
  const sent: Promise<unknown>[] = [];
  for (const [index, piece] of pieces.entries()) {
    const statement = sql`select length(set_config(${PIECE_SETTING + (index + 1)}, ${piece}, true))`.execute();
    // The transaction fails with it, whoever waits.
    statement.catch(() => {});
    sent.push(statement);
    await Promise.all([sent[sent.length - PIECES_AT_ONCE], nextLoopTurn()]);
  }
  await Promise.all(sent);
}

/** Part of the statement of a record: inserts the outputs of those that its part `owned` has. Empty where there are none. */
export function insertOutputs(sql: Query, { list, pieces, count }: JoinedOutputs) {
  if (count === 0) return sql``;
  const text = pieces.length === 1 ? sql`${pieces[0]!}::text` : sql`(
    select string_agg(current_setting(${PIECE_SETTING} || n), '' order by n) from generate_series(1, ${pieces.length}::int) n)`;
  // One alone travels as it is: cut out of a text of many, a large one would go to a temporary file first.
  const body = count === 1 ? text : sql`convert_from(substring(joined.bytes from t."from" for t.bytes), 'UTF8')`;
  return sql`
      ${count === 1 ? sql`` : sql`joined as materialized (select convert_to(${text}, 'UTF8') as bytes),`}
      outputs as (
        insert into output (installation_id, run_id, id, bytes, body)
        select owned.installation_id, owned.run_id, t.id, t.bytes, ${body}
        from json_to_recordset(${list}::text::json) as t(o int, id text, bytes int, "from" int)
        join owned on owned.o = t.o ${count === 1 ? sql`` : sql`cross join joined`}
        on conflict (run_id, id) do nothing
      ),`;
}

/** JSON texts of the outputs of a run, by id. */
export async function readOutputs(
  db: Pick<Database, "scoped">,
  { installationId, runId }: RunPlace,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const wanted = JSON.stringify(ids.map((id) => ({ id })));
  const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
    sql<{ id: string; body: string }[]>`
      select output.id, output.body from json_to_recordset(${wanted}::text::json) as wanted(id text)
      join output on output.run_id = ${runId} and output.id = wanted.id
      where output.installation_id = ${installationId}`);
  return new Map(rows.map(({ id, body }) => [id, body]));
}
