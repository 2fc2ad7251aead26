/** Flows and their runs as stored: create, change, delete, list; every statement names the installation. */

import type { AtEnd } from "../../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../../db/db.ts";
import { AppError } from "../../base/errors.ts";
import type { RunState } from "../../engine/journal.ts";
import { keepSchedules, removeSchedules } from "../../schedules/store.ts";
import { allAttempts } from "./attempts.ts";
import { requireRoomForFlow } from "./caps.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { MAX_STEPS } from "../shape/step_limits.ts";
import { bytesRead, joinOutput, outputColumns, readShown } from "./step_outputs.ts";
import { toPlan } from "../parse/to_plan.ts";
import { triggerRows } from "../shape/triggers.ts";
import { type StoppedLoop, stoppedLoop, type StoppedLoopRow, toStoppedLoop } from "../gates/loops.ts";
import { addVersion, dropVersions, type FlowKey, keepPresent, type VersionFacts } from "./version_rows.ts";

export interface Flow {
  id: number;
  name: string;
  enabled: boolean;
  /** Raised by every change but a switch on or off; a run keeps the version it began with. */
  version: number;
  /** How often it was switched on or off since the version was published. */
  switched: number;
  definition: FlowDefinition;
  createdAt: Date;
  updatedAt: Date;
  /** What the loop guard stopped since its last change; absent: nothing, or it is not known here. */
  loop?: StoppedLoop;
}

/** A run with what each of its steps did. */
export interface Execution {
  runId: string;
  /** Null: no event started it. */
  eventId: number | null;
  flowVersion: number;
  state: RunState;
  errorCode: string | null;
  errorMessage: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  steps: ExecutionStep[];
}

export interface ExecutionStep {
  path: string;
  action: string;
  state: string;
  attempts: number;
  output: unknown;
  /** The output is the beginning of a larger one. */
  outputIsCut: boolean;
  errorCode: string | null;
  errorMessage: string | null;
  startedAt: string;
  finishedAt: string | null;
  tries: ExecutionAttempt[];
}

export interface ExecutionAttempt {
  number: number;
  state: string;
  request: unknown;
  httpStatus: number | null;
  errorCode: string | null;
  startedAt: string;
  finishedAt: string | null;
}

interface FlowRow {
  id: number;
  name: string;
  enabled: boolean;
  version: number;
  switched: number;
  definition: FlowDefinition;
  created_at: Date;
  updated_at: Date;
  loop?: StoppedLoopRow | null;
}

/** A flow as it was read: the change is made to that state of it alone. */
export type FlowState = Pick<Flow, "version" | "switched">;

/** What becomes a flow's next version. */
export interface FlowChange extends Partial<VersionFacts> {
  definition: FlowDefinition;
  expectedVersion: number;
  /** Absent: it may have been switched on or off meanwhile. */
  expectedSwitched?: number;
}

export interface FlowStore {
  list(installationId: number): Promise<Flow[]>;
  find(installationId: number, flowId: number): Promise<Flow | undefined>;
  /**
   * `sealed` gives what is stored: its secrets are bound to the id that it gets. Throws FLOW_INVALID where there are too many
   * (caps.ts), as update() does.
   */
  create(
    tenant: { installationId: number; workspaceId: string },
    sealed: (flowId: number) => Promise<FlowDefinition>,
    options?: { author?: string; atEnd?: AtEnd<Flow> },
  ): Promise<Flow>;
  /** All or none, each made of those before it. Throws as create(). */
  createAll(
    tenant: { installationId: number; workspaceId: string },
    sealed: readonly ((flowId: number, before: readonly Flow[]) => Promise<FlowDefinition>)[],
    options?: { author?: string; atEnd?: AtEnd<Flow[]> },
  ): Promise<Flow[]>;
  /**
   * Publishes the next version. `before` is called first, with the flow locked, and may throw. Throws NOT_FOUND, or CONFLICT
   * when the flow is no longer in the state that is expected.
   */
  update(
    installationId: number,
    flowId: number,
    change: FlowChange,
    options?: { before?: (sql: TransactionSql) => Promise<void>; atEnd?: AtEnd<Flow> },
  ): Promise<Flow>;
  /** Switches it on or off, which makes no version; without effect where it is so already. Throws as update(). */
  turn(installationId: number, flowId: number, change: { enabled: boolean; expected: FlowState }): Promise<Flow>;
  /**
   * False where there is none, or none in the state that is expected. Its versions and its draft go; its runs and their history
   * stay.
   */
  remove(installationId: number, flowId: number, options?: { expected?: FlowState }): Promise<boolean>;
  /** Newest first; outputs up to MAX_OUTPUTS_BYTES of them together. `total`: at most COUNTED, which stands for more too. */
  executions(
    installationId: number,
    flowId: number,
    page: { limit: number; offset: number },
  ): Promise<{ total: number; hasMore: boolean; executions: Execution[] }>;
}

/** Runs that are counted at most: to count 300,000 takes as long as a hundred pages. */
export const COUNTED = 10_000;

export function createFlowStore(db: Database): FlowStore {
  const of = (installationId: number) => ({ installationIds: [installationId] });
  return {
    list: async (installationId) => {
      const rows = await db.scoped(of(installationId), (sql) =>
        sql<FlowRow[]>`
          select ${columns(sql)}, ${stoppedLoop(sql)} as loop from flow
          where installation_id = ${installationId} and deleted_at is null and builtin is null order by id`);
      return rows.map(toFlow);
    },
    find: async (installationId, flowId) => {
      const [row] = await db.scoped(of(installationId), (sql) =>
        sql<FlowRow[]>`
          select ${columns(sql)}, ${stoppedLoop(sql)} as loop from flow
          where id = ${flowId} and installation_id = ${installationId} and deleted_at is null and builtin is null`);
      return row && toFlow(row);
    },
    create: (tenant, sealed, { author = null, atEnd } = {}) =>
      db.scoped(of(tenant.installationId), async (sql) => {
        const flow = await insertFlow(sql, { tenant, sealed, author });
        await atEnd?.(sql, flow);
        return flow;
      }),
    createAll: (tenant, sealed, { author = null, atEnd } = {}) =>
      db.scoped(of(tenant.installationId), async (sql) => {
        const flows: Flow[] = [];
        for (const one of sealed) {
          flows.push(await insertFlow(sql, { tenant, sealed: (flowId) => one(flowId, flows), author }));
        }
        await atEnd?.(sql, flows);
        return flows;
      }),
    update: (installationId, flowId, change, { before, atEnd } = {}) =>
      db.scoped(of(installationId), async (sql) => {
        const { definition, expectedVersion, expectedSwitched, ...facts } = change;
        const key = { installationId, flowId };
        await lockFlow(sql, key, { version: expectedVersion, switched: expectedSwitched });
        await before?.(sql);
        await requireRoomForFlow(sql, { ...key, definition });
        await keepPresent(sql, key);
        const planId = await savePlan(sql, key, definition);
        const [row] = await sql<FlowRow[]>`
          update flow set name = ${definition.name}, enabled = ${definition.enabled}, version = version + 1, switched = 0,
            definition = ${JSON.stringify(definition)}::text::jsonb, plan_id = ${planId}, updated_at = now()
          where id = ${flowId} and installation_id = ${installationId}
          returning ${columns(sql)}`;
        const flow = toFlow(row!);
        await saveTriggers(sql, installationId, flow);
        await addVersion(sql, key, { ...NO_FACTS, ...facts });
        await atEnd?.(sql, flow);
        return flow;
      }),
    turn: (installationId, flowId, { enabled, expected }) =>
      db.scoped(of(installationId), async (sql) => {
        const key = { installationId, flowId };
        const current = await lockFlow(sql, key, expected);
        if (current.enabled === enabled) return current;
        await requireRoomForFlow(sql, { ...key, definition: { ...current.definition, enabled } });
        const [row] = await sql<FlowRow[]>`
          update flow set enabled = ${enabled}, switched = switched + 1,
            definition = jsonb_set(definition, '{enabled}', to_jsonb(${enabled}::boolean)), updated_at = now()
          where id = ${flowId} and installation_id = ${installationId}
          returning ${columns(sql)}`;
        const flow = toFlow(row!);
        await saveTriggers(sql, installationId, flow);
        return flow;
      }),
    remove: (installationId, flowId, { expected } = {}) =>
      db.scoped(of(installationId), async (sql) => {
        const rows = await sql`
          update flow set deleted_at = now(), enabled = false
          where id = ${flowId} and installation_id = ${installationId} and deleted_at is null and builtin is null
            ${
          expected === undefined ? sql`` : sql`and version = ${expected.version} and switched = ${expected.switched}`
        }
          returning id`;
        if (rows.length === 0) return false;
        await sql`delete from flow_trigger where flow_id = ${flowId} and installation_id = ${installationId}`;
        await dropVersions(sql, { installationId, flowId });
        await removeSchedules(sql, { installationId, flowId });
        await sql`delete from flow_gate where flow_id = ${flowId} and installation_id = ${installationId}`;
        await sql`delete from flow_loop where flow_id = ${flowId} and installation_id = ${installationId}`;
        return true;
      }),
    executions: (installationId, flowId, { limit, offset }) =>
      db.scoped(of(installationId), async (sql) => {
        const { output, start } = outputColumns(sql, "sized");
        const rows = await sql<(ExecutionRow & { total: number; next: number })[]>`
        with more as (
          select id, event_id, flow_version, state, error_code, error_message, created_at, started_at, finished_at,
            row_number() over (order by created_at desc, id) as place
          from run where installation_id = ${installationId} and flow_id = ${flowId}
          order by created_at desc, id limit ${limit + 1} offset ${offset}
        ), page as (
          select * from more order by place limit ${limit}
        ), sized as (
          select step.*, sum(${bytesRead(sql)}) over (order by page.place, step.started_at, step.path) as bytes
          from page cross join lateral (
            select * from step where installation_id = ${installationId} and run_id = page.id and kind = 'action'
            order by path limit ${MAX_STEPS}::int) step
        )
        select page.*, (select count(*)::int from more) as next, ${countedRuns(sql, installationId, flowId)} as total,
          coalesce((
            select json_agg(json_build_object('path', sized.path, 'action', sized.action, 'state', sized.state,
              'attempts', sized.attempts, 'output', ${output}, 'outputStart', ${start}, 'errorCode', sized.error_code,
              'errorMessage', sized.error_message, 'startedAt', sized.started_at, 'finishedAt', sized.finished_at,
              'tries', coalesce((
                select json_agg(json_build_object('number', attempt.number, 'state', attempt.state,
                  'request', attempt.request, 'httpStatus', attempt.http_status, 'errorCode', attempt.error_code,
                  'startedAt', attempt.started_at, 'finishedAt', attempt.finished_at) order by attempt.number)
                from ${allAttempts(sql)} attempt where attempt.installation_id = ${installationId}
                  and attempt.run_id = sized.run_id and attempt.path = sized.path), '[]'))
              order by sized.started_at, sized.path)
            from sized ${joinOutput(sql, { installationId, step: "sized" })}
            where sized.run_id = page.id), '[]') as steps
        from page order by page.place`;
        return {
          total: rows[0]?.total ?? await countRuns(sql, installationId, flowId),
          hasMore: (rows[0]?.next ?? 0) > limit,
          executions: rows.map(toExecution),
        };
      }),
  };
}

async function insertFlow(
  sql: TransactionSql,
  { tenant: { installationId, workspaceId }, sealed, author }: {
    tenant: { installationId: number; workspaceId: string };
    sealed(flowId: number): Promise<FlowDefinition>;
    author: string | null;
  },
): Promise<Flow> {
  const [next] = await sql<{ id: number }[]>`select nextval('flow_id_seq') as id`;
  const key = { installationId, flowId: next!.id };
  const definition = await sealed(key.flowId);
  await requireRoomForFlow(sql, { installationId, definition });
  const planId = await savePlan(sql, key, definition);
  const [row] = await sql<FlowRow[]>`
    insert into flow (id, installation_id, workspace_id, name, enabled, definition, plan_id) overriding system value
    values (${key.flowId}, ${installationId}, ${workspaceId}, ${definition.name}, ${definition.enabled},
      ${JSON.stringify(definition)}::text::jsonb, ${planId})
    returning ${columns(sql)}`;
  const flow = toFlow(row!);
  await saveTriggers(sql, installationId, flow);
  await addVersion(sql, key, { ...NO_FACTS, author });
  return flow;
}

const NO_FACTS: VersionFacts = { author: null, note: null, restoredFrom: null, begunAt: null };

function columns(sql: TransactionSql) {
  return sql`id, name, enabled, version, switched, definition, created_at, updated_at`;
}

/** The flow, locked until the transaction ends. Throws NOT_FOUND, or CONFLICT where it is in another state than `expected`. */
export async function lockFlow(
  sql: TransactionSql,
  { installationId, flowId }: FlowKey,
  expected: Partial<FlowState> = {},
): Promise<Flow> {
  const [row] = await sql<FlowRow[]>`
    select ${columns(sql)} from flow
    where id = ${flowId} and installation_id = ${installationId} and deleted_at is null and builtin is null for update`;
  if (!row) throw flowUnknown(flowId);
  const { version = row.version, switched = row.switched } = expected;
  if (row.version !== version || row.switched !== switched) {
    throw new AppError("CONFLICT", `Cannot change flow "${flowId}": it was changed meanwhile; read it again`);
  }
  return toFlow(row);
}

/** NOT_FOUND, also for a flow of another workspace. */
export function flowUnknown(flowId: number | string): AppError {
  return new AppError("NOT_FOUND", `Cannot find flow "${flowId}" in this workspace`);
}

/** For a page past the end, which has no row to carry the total. */
async function countRuns(sql: Query, installationId: number, flowId: number): Promise<number> {
  const [row] = await sql<{ total: number }[]>`select ${countedRuns(sql, installationId, flowId)} as total`;
  return row!.total;
}

function countedRuns(sql: Query, installationId: number, flowId: number) {
  return sql`(select count(*)::int from (
    select 1 from run where installation_id = ${installationId} and flow_id = ${flowId} limit ${COUNTED}) counted)`;
}

async function savePlan(
  sql: TransactionSql,
  { installationId, flowId }: FlowKey,
  definition: FlowDefinition,
): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into plan (installation_id, flow_id, body)
    values (${installationId}, ${flowId}, ${JSON.stringify(toPlan(definition))}::text::jsonb) returning id`;
  return row!.id;
}

async function saveTriggers(sql: TransactionSql, installationId: number, flow: Flow) {
  const wanted = flow.definition.triggers?.schedules?.map(({ missed, ...timing }) => ({ ...timing, policy: missed }));
  await keepSchedules(sql, { installationId, flowId: flow.id, wanted: wanted ?? [], enabled: flow.enabled });
  await sql`delete from flow_trigger where flow_id = ${flow.id} and installation_id = ${installationId}`;
  if (!flow.enabled) return;
  await sql`
    insert into flow_trigger (installation_id, event_type, custom_types, flow_id, ordered)
    select ${installationId}::bigint, event_type, custom_types, ${flow.id}::bigint, ${flow.definition.ordered}::boolean
    from json_to_recordset(${JSON.stringify(triggerRows(flow.definition.trigger_event_types))}::text::json)
      as t(event_type text, custom_types text[])`;
}

interface ExecutionRow {
  id: string;
  event_id: number | null;
  flow_version: number;
  state: RunState;
  error_code: string | null;
  error_message: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  steps: (Omit<ExecutionStep, "outputIsCut"> & { outputStart: string | null })[];
}

function toFlow(row: FlowRow): Flow {
  return {
    id: row.id,
    name: row.name,
    enabled: row.enabled,
    version: row.version,
    switched: row.switched,
    definition: row.definition,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.loop && { loop: toStoppedLoop(row.loop) }),
  };
}

function toExecution(row: ExecutionRow): Execution {
  return {
    runId: row.id,
    eventId: row.event_id,
    flowVersion: row.flow_version,
    state: row.state,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    steps: row.steps.map(({ outputStart, ...step }) => ({
      ...step,
      ...readShown({ output: step.output, outputStart }),
    })),
  };
}
