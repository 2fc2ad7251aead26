/** How outputs of steps are read for people: those in the steps' rows and those that are kept by themselves, in bounded bytes. */

import type { Query } from "../../db/db.ts";
import { readStart } from "../../base/json_start.ts";
import { MAX_OUTPUTS_BYTES, OUTPUT_NOT_READ, SHOWN_OUTPUT_BYTES } from "../../engine/outputs.ts";

/** What is read of an output that is shown cut: as many characters as any answer shows, also where members' are redacted. */
export const START_CHARS = 20_000;

/** SQL number: bytes that are read of the output of a row of `step`, for a sum over those of an answer. */
export function bytesRead(sql: Query) {
  return sql`case when step.output_bytes > ${SHOWN_OUTPUT_BYTES} then ${START_CHARS}
    else coalesce(step.output_bytes, octet_length(step.output::text), 0) end`;
}

/** SQL, to stand behind a join: the kept output of the row of `step`, if it has one. */
export function joinOutput(sql: Query, { installationId, step }: { installationId: number; step: string }) {
  return sql`left join output on output.installation_id = ${installationId}
    and output.run_id = ${sql(step)}.run_id and output.id = ${sql(step)}.output_ref`;
}

/**
 * SQL of what is read of an output, over a row of `step` with the sum of bytesRead() as `bytes`, and joinOutput(). `output`: JSON;
 * beyond MAX_OUTPUTS_BYTES the sentence that it is not read. `start`: text, the beginning of one that is shown cut, in its
 * place. `bytes`: of the whole, null where there is none; of one in the step's row as the database writes it.
 */
export function outputColumns(sql: Query, step: string) {
  const of = sql(step);
  return {
    output: sql`case
      when ${of}.bytes > ${MAX_OUTPUTS_BYTES} then case when ${of}.output is not null or ${of}.output_ref is not null
        then to_json(${OUTPUT_NOT_READ}::text) end
      when ${of}.output_ref is null then ${of}.output::json
      when ${of}.output_bytes <= ${SHOWN_OUTPUT_BYTES} then output.body::json end`,
    start: sql`case when ${of}.bytes <= ${MAX_OUTPUTS_BYTES} and ${of}.output_bytes > ${SHOWN_OUTPUT_BYTES}
      then left(output.body, ${START_CHARS}) end`,
    bytes: sql`coalesce(${of}.output_bytes, octet_length(${of}.output::text))`,
  };
}

/** An output as it is shown: its value, or where it `isCut` the beginning of it. */
export function readShown({ output, outputStart }: { output: unknown; outputStart: string | null }) {
  return outputStart === null
    ? { output, outputIsCut: false }
    : { output: readStart(outputStart) ?? null, outputIsCut: true };
}
