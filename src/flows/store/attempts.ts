/** The attempts of steps as people read them, wherever they stand. */

import type { Query } from "../../db/db.ts";

/**
 * SQL, to stand behind "from" or "join": all attempts, with the columns of table attempt. The first one of a step stands in the
 * step's row until it fails, is put off or cancelled, or another begins (runs/first_attempts.ts). To be narrowed by
 * installation_id, run_id and path, which both tables are looked up by.
 */
export function allAttempts(sql: Query) {
  return sql`(
    select installation_id, run_id, path, number, state, request, http_status, error_code, error_message, started_at, finished_at
    from attempt
    union all
    select installation_id, run_id, path, attempts, case state when 'completed' then 'succeeded' else 'started' end, request,
      http_status, null, null, started_at, case state when 'completed' then finished_at end
    from step where called)`;
}
