/** Outputs of steps that are kept apart from their rows (table output): how a record carries them, and how they are read. */

import type { Database, Query } from "../db/db.ts";
import type { JournalEntry, RunPlace } from "../engine/journal.ts";
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
  text: string;
  count: number;
}

/** `records`: the outputs of each. */
export function joinOutputs(records: readonly (readonly NewOutput[])[]): JoinedOutputs {
  const list: { o: number; id: string; bytes: number; from: number }[] = [];
  let text = "";
  let from = 1;
  records.forEach((outputs, o) => {
    for (const { id, bytes, json } of outputs) {
      list.push({ o, id, bytes, from });
      text += json;
      from += bytes;
    }
  });
  return { list: JSON.stringify(list), text, count: list.length };
}

/** Part of the statement of a record: inserts the outputs of those that its part `owned` has. Empty where there are none. */
export function insertOutputs(sql: Query, { list, text, count }: JoinedOutputs) {
  if (count === 0) return sql``;
  // One alone travels as it is: cut out of a text of many, a large one would go to a temporary file first.
  const body = count === 1
    ? sql`${text}::text`
    : sql`convert_from(substring(joined.bytes from t."from" for t.bytes), 'UTF8')`;
  return sql`
      ${count === 1 ? sql`` : sql`joined as materialized (select convert_to(${text}::text, 'UTF8') as bytes),`}
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
