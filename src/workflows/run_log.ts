/** The log of a run of a workflow, made of its journal. */

import type { Database, TransactionSql } from "../db/db.ts";
import { ownSteps, readRun, stepOfPath } from "./run_read.ts";

export interface LogLine {
  at: Date;
  level: "INFO" | "WARNING" | "ERROR";
  message: string;
  stepId: string | null;
}

export interface WorkflowRunLog {
  /** Oldest first; made of the journal. Throws NOT_FOUND. */
  log(
    installationId: number,
    runId: string,
    page: { limit: number; offset: number },
  ): Promise<{ lines: LogLine[]; total: number }>;
}

export function createWorkflowRunLog(db: Pick<Database, "scoped">): WorkflowRunLog {
  const within = <T>(installationId: number, body: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, body);

  return {
    log: (installationId, runId, { limit, offset }) =>
      within(installationId, async (sql) => {
        const { isOver } = await readRun(sql, installationId, runId);
        const of = sql`installation_id = ${installationId} and run_id = ${runId}`;
        const lines = sql`
          with own as materialized (${ownSteps(sql, { of, isOver })})
          select created_at as at, 'INFO' as level, 'Run was accepted' as message, null::text as path, 0 as place from run
          where installation_id = ${installationId} and id = ${runId}
          union all
          select started_at, 'INFO', 'Run began', null, 1 from run
          where installation_id = ${installationId} and id = ${runId} and started_at is not null
          union all
          select started_at, 'INFO', 'Step began', path, 4 from own
          union all
          select coalesce(attempt.finished_at, attempt.started_at), 'WARNING', 'Attempt ' || number || ' ' ||
            case attempt.state when 'snoozed' then 'was put off' when 'uncertain' then 'has no known answer'
              else 'failed' end || coalesce(': ' || attempt.error_message, ''), attempt.path,
            case when own.started_at < attempt.finished_at then 2 else 5 end
          from attempt left join own on own.path = attempt.path
          where ${of} and attempt.state in ('failed', 'snoozed', 'uncertain')
          union all
          select finished_at, case state when 'failed' then 'ERROR' else 'INFO' end,
            'Step ' || state || coalesce(': ' || error_message, ''), path,
            -- Before what begins at the same moment, but after its own begin; what holds others after them.
            case when started_at = finished_at then 6 else 3 end
          from own where finished_at is not null and state in ('completed', 'failed', 'cancelled')
          union all
          select finished_at, case state when 'failed' then 'ERROR' else 'INFO' end,
            'Run ' || state || coalesce(': ' || error_message, ''), null, 7
          from run where installation_id = ${installationId} and id = ${runId} and finished_at is not null`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from (${lines}) line`;
        const rows = await sql<{ at: Date; level: LogLine["level"]; message: string; path: string | null }[]>`
          select at, level, message, path from (${lines}) line
          order by at, place, case when place in (3, 6) then -length(path) end, path limit ${limit} offset ${offset}`;
        return {
          lines: rows.map(({ path, ...line }) => ({ ...line, stepId: path === null ? null : stepOfPath(path) })),
          total: count!.total,
        };
      }),
  };
}
