/** What dead letters have in common that were given up for one reason: flow, step, code, and the words of the error. */

import type { Fragment, Query } from "../db/db.ts";

/** What a dead letter stood for; background: work of the installation, which is done again by itself. */
export const LETTER_KINDS = ["run", "event", "background"] as const;
export type LetterKind = (typeof LETTER_KINDS)[number];

/** SQL text: a LetterKind. */
export function kindOf(sql: Query): Fragment {
  return sql`case when letter.kind in ('run', 'event') then letter.kind else 'background' end`;
}

/** What differs from one failure to the next of a cause: quoted names, ids, times, long numbers, and how long was waited. */
const VARYING = [
  '"[^"]*"',
  "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
  "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?",
  "[0-9a-fA-F]{16,}",
  "[0-9]{5,}",
  "[0-9][0-9.,]* (ms|s|seconds?|minutes?|hours?|bytes)[[:>:]]",
].join("|");
/** Of a message: what follows is its detail. */
const COMPARED_CHARS = 500;

/** As causeOf() gives it. */
export const CAUSE = /^(?:run|event|background)-[0-9a-f]{32}$/;

/** SQL text over lettersWithRuns(): the kind of the letter, and a hash of its cause. */
export function causeOf(sql: Query): Fragment {
  return sql`((${kindOf(sql)}) || '-' || left(encode(sha256(convert_to(concat(
    letter.kind, chr(31), run.flow_id, chr(31), run.error_code, chr(31), ${failedStep(sql)}, chr(31),
    regexp_replace(left(coalesce(run.error_message, letter.reason), ${COMPARED_CHARS}), ${VARYING}, '*', 'g')
  ), 'UTF8')), 'hex'), 32))`;
}

/** Its id, which is the same in each item of a loop. The index step_failed has it. */
function failedStep(sql: Query): Fragment {
  return sql`(
    select regexp_replace(step.path, '^.*/', '') from step
    where step.installation_id = run.installation_id and step.run_id = run.id and step.state = 'failed' and step.kind = 'action'
    order by step.finished_at desc limit 1)`;
}
