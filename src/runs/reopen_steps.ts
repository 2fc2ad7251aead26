/** Which steps of a failed run begin again when a person asks for it: what failed, and what was cancelled beside it. */

import type { Fragment, Query } from "../db/db.ts";

/**
 * SQL condition on a row of step. What lies below a step that completed is over, whatever became of it: the rest of a join that
 * was decided, the failure that a try has dealt with, the items that a loop went on without.
 */
export function isReopened(sql: Query): Fragment {
  return sql`(step.state in ('failed', 'cancelled') and not exists (
    select from generate_series(1, cardinality(string_to_array(step.path, '/'))) depth
    cross join lateral (select array_to_string((string_to_array(step.path, '/'))[1:depth], '/') as path) list
    -- A list, and the step that has it.
    cross join lateral (values (list.path), (regexp_replace(list.path, '#[0-9]+$', ''))) as place (path)
    join step above on above.installation_id = step.installation_id and above.run_id = step.run_id and above.path = place.path
    where above.state = 'completed'
      or above.kind = 'try' and above.decision @> '{"handled": true}' and starts_with(step.path, above.path || '#0/')
      or above.kind = 'item' and above.state = 'failed' and exists (
        select from step loop where loop.installation_id = above.installation_id and loop.run_id = above.run_id
          and loop.path = above.parent_path and loop.decision->>'on_error' in ('continue', 'collect'))))`;
}

/** SQL condition on a row of step that is reopened: what it decided is decided again, since it is what made it fail. */
export function isDecidedAgain(sql: Query): Fragment {
  return sql`(step.kind = 'parallel' or step.kind = 'try' and step.decision @> '{"handled": false}'
    or step.error_code = 'APPROVAL_EXPIRED')`;
}
