/** Workflows and their versions as stored; every statement names the installation, every change leaves its audit row. */

import { appendAudit, type Audit } from "../access/audit.ts";
import { accessStore, type By, requireRevision } from "../access/by.ts";
import type { Home } from "../access/home.ts";
import type { Clock } from "../base/clock.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import { sortedJson } from "../base/sorted_json.ts";
import type { Fault } from "../engine/faults.ts";
import type { Plan } from "../engine/plan.ts";
import { type GivenDefinition, givenFaults, planFor } from "./checks.ts";
import type { WorkflowDefinition } from "./definition.ts";

export const WORKFLOW_STATUSES = ["draft", "active", "inactive", "deprecated", "archived", "deleted"] as const;
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];
/** Those in which it can be executed. */
export const EXECUTABLE: readonly WorkflowStatus[] = ["active", "deprecated"];

export interface Workflow {
  id: string;
  flowId: number;
  name: string;
  description: string | null;
  version: number;
  status: WorkflowStatus;
  /** Of the version. */
  definition: WorkflowDefinition;
  revision: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface WorkflowVersion {
  version: number;
  definition: WorkflowDefinition;
  restoredFrom: number | null;
  createdBy: string;
  createdAt: Date;
}

export interface AgentUse {
  id: string;
  name: string;
  status: WorkflowStatus;
  /** Ids of the steps. */
  steps: string[];
}

export interface WorkflowFilter {
  status?: WorkflowStatus;
  /** A part of the name. */
  name?: string;
}

export const WORKFLOW_ORDERS = ["name", "created_at", "updated_at", "version"] as const;

export interface WorkflowSort {
  by: (typeof WORKFLOW_ORDERS)[number];
  descending: boolean;
}

export interface WorkflowChange {
  /** What is absent is as it is. */
  definition?: Partial<Pick<WorkflowDefinition, "start_step" | "steps" | "input_schema">>;
  /** Absent: as it is. */
  description?: string | null;
  status?: Exclude<WorkflowStatus, "deleted">;
  by: By;
  /** The revision that the caller knows; absent: whichever there is. */
  revision?: number;
}

export interface WorkflowStore {
  /** A name that is in use gets its next version. Throws FLOW_INVALID with every fault. */
  create(
    home: Home,
    definition: WorkflowDefinition,
    options: { status: Exclude<WorkflowStatus, "deleted">; by: By; atEnd?: AtEnd<Workflow> },
  ): Promise<Workflow>;
  list(
    installationId: number,
    filter: WorkflowFilter,
    page: { limit: number; offset: number; sort: WorkflowSort },
  ): Promise<{ workflows: Workflow[]; total: number }>;
  find(installationId: number, id: string): Promise<Workflow | undefined>;
  /** Steps, start_step and input_schema that differ make the next version. Throws NOT_FOUND, PRECONDITION_FAILED, FLOW_INVALID. */
  update(installationId: number, id: string, change: WorkflowChange): Promise<Workflow>;
  /** Throws NOT_FOUND, PRECONDITION_FAILED. Its runs go on. */
  remove(installationId: number, id: string, options: { by: By; revision?: number }): Promise<Workflow>;
  /** Newest first. */
  versions(
    installationId: number,
    id: string,
    page: { limit: number; offset: number },
  ): Promise<{ versions: WorkflowVersion[]; total: number }>;
  version(installationId: number, id: string, version: number): Promise<WorkflowVersion | undefined>;
  /** Those of the MAX_LOOKED_THROUGH changed last whose current version has a step that names the agent, by name; `isCut`: there are others. */
  usesOfAgent(
    installationId: number,
    agentName: string,
    page: { limit: number; offset: number },
  ): Promise<{ uses: AgentUse[]; total: number; isCut: boolean }>;
  /**
   * What is wrong with a definition beside the shape of its parts, which is not as it has to be: the graph, names, conditions.
   * `of`: what it leaves out is as the workflow with this id has it.
   */
  faults(installationId: number, given: GivenDefinition, options?: { of: string }): Promise<Fault[]>;
  /** The definition of an earlier version as the next one. Throws as update(). */
  rollback(
    installationId: number,
    id: string,
    version: number,
    options: { by: By; atEnd?: AtEnd<Workflow> },
  ): Promise<Workflow>;
}

export const MAX_WORKFLOWS = 10_000;
/** For steps that name an agent: each definition has up to 1,000 steps. */
export const MAX_LOOKED_THROUGH = 1_000;
interface Row {
  id: string;
  flow_id: number;
  name: string;
  description: string | null;
  version: number;
  status: WorkflowStatus;
  definition: WorkflowDefinition;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

interface VersionRow {
  version: number;
  definition: WorkflowDefinition;
  restored_from: number | null;
  created_by: string;
  created_at: Date;
}

export function createWorkflowStore(
  { db, clock, audit: append = appendAudit }: { db: Database; clock: Clock; audit?: Audit },
): WorkflowStore {
  const { within, audit } = accessStore({ db, clock, audit: append, entityType: "workflow" });

  async function lock(sql: TransactionSql, installationId: number, id: string, revision?: number): Promise<Row> {
    await sql`select 1 from workflow where installation_id = ${installationId} and id = ${id} for update`;
    const [row] = await sql<Row[]>`
      select ${columns(sql)} from ${joined(sql)}
      where workflow.installation_id = ${installationId} and workflow.id = ${id} and workflow.status <> 'deleted'`;
    if (!row) throw workflowUnknown(id);
    requireRevision(row, revision, `workflow "${row.name}"`);
    return row;
  }

  /** The next version of the workflow, in use from now on. */
  async function addVersion(
    sql: TransactionSql,
    { installationId, row, definition, by, restoredFrom }: {
      installationId: number;
      row: Row;
      definition: WorkflowDefinition;
      by: By;
      restoredFrom?: number;
    },
  ): Promise<void> {
    const planId = await storePlan(sql, installationId, await planFor(sql, installationId, definition));
    const version = row.version + 1;
    await insertVersion(sql, { installationId, id: row.id, version, definition, planId, by, restoredFrom });
    await sql`
      update flow set version = ${version}, plan_id = ${planId}, updated_at = now()
      where installation_id = ${installationId} and id = ${row.flow_id}`;
    await sql`
      update workflow set version = ${version} where installation_id = ${installationId} and id = ${row.id}`;
  }

  async function touch(sql: TransactionSql, installationId: number, id: string): Promise<Workflow> {
    await sql`
      update workflow set revision = revision + 1, updated_at = now()
      where installation_id = ${installationId} and id = ${id}`;
    return await read(sql, installationId, id);
  }

  return {
    create: ({ installationId, workspaceId }, definition, { status, by, atEnd }) =>
      within(installationId, async (sql) => {
        // Two that make the same name at once follow one another.
        await sql`select pg_advisory_xact_lock(hashtextextended(${`workflow ${definition.name}`}, ${installationId}))`;
        // Locked: one that is deleted at this moment is awaited, and is none.
        const [known] = await sql<{ id: string }[]>`
          select id from workflow
          where installation_id = ${installationId} and name = ${definition.name} and status <> 'deleted' for update`;
        if (known) {
          const row = await lock(sql, installationId, known.id);
          await addVersion(sql, { installationId, row, definition, by });
          await sql`
            update workflow set description = ${definition.description ?? null}, status = ${status}
            where installation_id = ${installationId} and id = ${row.id}`;
          const changes = { version: row.version + 1, definition };
          const made = await touch(sql, installationId, row.id);
          await setEnabled(sql, installationId, made);
          await audit(sql, installationId, { ...by, action: "update", entityId: row.id, changes });
          await atEnd?.(sql, made);
          return made;
        }
        const [count] = await sql<{ all: number }[]>`
          select count(*)::int as all from workflow where installation_id = ${installationId} and status <> 'deleted'`;
        if (count!.all >= MAX_WORKFLOWS) {
          throw new AppError("CONFLICT", `Cannot create the workflow: there are ${MAX_WORKFLOWS}`);
        }
        const planId = await storePlan(sql, installationId, await planFor(sql, installationId, definition));
        const id = crypto.randomUUID();
        const [flow] = await sql<{ id: number }[]>`
          insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
          values (${installationId}, ${workspaceId}, ${definition.name}, ${EXECUTABLE.includes(status)},
            ${jsonText(flowDefinition(definition.name))}::text::jsonb, ${planId})
          returning id`;
        await sql`
          insert into workflow (id, installation_id, flow_id, name, description, version, status, created_by)
          values (${id}, ${installationId}, ${flow!.id}, ${definition.name}, ${
          definition.description ?? null
        }, 1, ${status},
            ${by.actor})`;
        await insertVersion(sql, { installationId, id, version: 1, definition, planId, by });
        const made = await read(sql, installationId, id);
        await audit(sql, installationId, {
          ...by,
          action: "create",
          entityId: id,
          changes: { version: 1, definition },
        });
        await atEnd?.(sql, made);
        return made;
      }),

    list: (installationId, { status, name }, { limit, offset, sort }) =>
      within(installationId, async (sql) => {
        const fits = sql`workflow.installation_id = ${installationId}
          and ${status === undefined ? sql`workflow.status <> 'deleted'` : sql`workflow.status = ${status}`}
          ${name === undefined ? sql`` : sql`and strpos(lower(workflow.name), lower(${name})) > 0`}`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from workflow where ${fits}`;
        const direction = sort.descending ? sql`desc` : sql`asc`;
        const rows = await sql<Row[]>`
          select ${columns(sql)} from ${joined(sql)} where ${fits}
          order by ${sql(`workflow.${sort.by}`)} ${direction}, workflow.id limit ${limit} offset ${offset}`;
        return { workflows: rows.map(toWorkflow), total: count!.total };
      }),

    find: (installationId, id) =>
      within(installationId, async (sql) => {
        const [row] = await sql<Row[]>`
          select ${columns(sql)} from ${joined(sql)}
          where workflow.installation_id = ${installationId} and workflow.id = ${id}`;
        return row && toWorkflow(row);
      }),

    update: (installationId, id, { definition, description, status, by, revision }) =>
      within(installationId, async (sql) => {
        const row = await lock(sql, installationId, id, revision);
        const next = { ...row.definition, ...definition, ...(description !== undefined && { description }) };
        const isNew = definition !== undefined && stepsOf(next) !== stepsOf(row.definition);
        if (isNew) await addVersion(sql, { installationId, row, definition: next, by });
        await sql`
          update workflow set description = ${description === undefined ? row.description : description},
            status = ${status ?? row.status}
          where installation_id = ${installationId} and id = ${id}`;
        const changed = await touch(sql, installationId, id);
        await setEnabled(sql, installationId, changed);
        const changes = {
          ...(isNew && { version: changed.version, definition: next }),
          ...(description !== undefined && { description }),
          ...(status !== undefined && { status }),
        };
        await audit(sql, installationId, { ...by, action: "update", entityId: id, changes });
        return changed;
      }),

    remove: (installationId, id, { by, revision }) =>
      within(installationId, async (sql) => {
        await lock(sql, installationId, id, revision);
        await sql`update workflow set status = 'deleted' where installation_id = ${installationId} and id = ${id}`;
        const gone = await touch(sql, installationId, id);
        // Retention deletes it with all that hangs on it, once its last run is gone.
        await sql`
          update flow set enabled = false, deleted_at = now(), updated_at = now()
          where installation_id = ${installationId} and id = ${gone.flowId}`;
        await audit(sql, installationId, { ...by, action: "delete", entityId: id, changes: {} });
        return gone;
      }),

    versions: (installationId, id, { limit, offset }) =>
      within(installationId, async (sql) => {
        const of = sql`installation_id = ${installationId} and workflow_id = ${id}`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from workflow_version where ${of}`;
        const rows = await sql<VersionRow[]>`
          select version, definition, restored_from, created_by, created_at from workflow_version
          where ${of} order by version desc limit ${limit} offset ${offset}`;
        return { versions: rows.map(toVersion), total: count!.total };
      }),

    version: (installationId, id, version) =>
      within(installationId, async (sql) => {
        const [row] = await sql<VersionRow[]>`
          select version, definition, restored_from, created_by, created_at from workflow_version
          where installation_id = ${installationId} and workflow_id = ${id} and version = ${version}`;
        return row && toVersion(row);
      }),

    usesOfAgent: (installationId, agentName, { limit, offset }) =>
      within(installationId, async (sql) => {
        const uses = sql`
          select workflow.id, workflow.name, workflow.status, json_agg(step.key order by step.key) as steps
          from (
            select id, installation_id, name, status, version from workflow
            where installation_id = ${installationId} and status <> 'deleted'
            order by updated_at desc, id limit ${MAX_LOOKED_THROUGH}
          ) workflow
          join workflow_version one on one.installation_id = ${installationId} and one.workflow_id = workflow.id
            and one.version = workflow.version
          cross join jsonb_each(one.definition -> 'steps') step
          where step.value ->> 'agent_name' = ${agentName}
          group by workflow.id, workflow.name, workflow.status`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from (${uses}) used`;
        const rows = await sql<AgentUse[]>`
          select * from (${uses}) used order by name, id limit ${limit} offset ${offset}`;
        const others = await sql`
          select 1 from workflow where installation_id = ${installationId} and status <> 'deleted'
          limit 1 offset ${MAX_LOOKED_THROUGH}`;
        return { uses: rows.map((row) => ({ ...row })), total: count!.total, isCut: others.length > 0 };
      }),

    faults: (installationId, given, { of } = { of: "" }) =>
      within(installationId, async (sql) => {
        const [row] = of === "" ? [] : await sql<{ definition: WorkflowDefinition }[]>`
          select definition from ${joined(sql)}
          where workflow.installation_id = ${installationId} and workflow.id = ${of} and workflow.status <> 'deleted'`;
        return await givenFaults(sql, installationId, { ...row?.definition, ...given });
      }),

    rollback: (installationId, id, version, { by, atEnd }) =>
      within(installationId, async (sql) => {
        const row = await lock(sql, installationId, id);
        const [old] = await sql<{ definition: WorkflowDefinition }[]>`
          select definition from workflow_version
          where installation_id = ${installationId} and workflow_id = ${id} and version = ${version}`;
        if (!old) throw versionUnknown(row.name, version);
        await addVersion(sql, { installationId, row, definition: old.definition, by, restoredFrom: version });
        const changed = await touch(sql, installationId, id);
        const changes = { version: changed.version, restored_from: version };
        await audit(sql, installationId, { ...by, action: "rollback", entityId: id, changes });
        await atEnd?.(sql, changed);
        return changed;
      }),
  };
}

export function workflowUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find workflow "${id.slice(0, 40)}": there is none with this id`);
}

export function versionUnknown(name: string, version: number): AppError {
  return new AppError("NOT_FOUND", `Cannot find version ${version} of workflow "${name}"`);
}

/** What its runs, schedules and other workflows know it by. */
function flowDefinition(name: string) {
  return { name, enabled: true, trigger_event_types: [], conditions: null, actions: [], ordered: false };
}

/** Runs of other workflows and schedules start it only while it can be executed. */
async function setEnabled(sql: TransactionSql, installationId: number, { flowId, status }: Workflow): Promise<void> {
  await sql`
    update flow set enabled = ${EXECUTABLE.includes(status)}, updated_at = now()
    where installation_id = ${installationId} and id = ${flowId}`;
}

async function storePlan(sql: TransactionSql, installationId: number, plan: Plan): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into plan (installation_id, body) values (${installationId}, ${jsonText(plan)}::text::jsonb) returning id`;
  return row!.id;
}

async function insertVersion(
  sql: TransactionSql,
  { installationId, id, version, definition, planId, by, restoredFrom }: {
    installationId: number;
    id: string;
    version: number;
    definition: WorkflowDefinition;
    planId: number;
    by: By;
    restoredFrom?: number;
  },
): Promise<void> {
  await sql`
    insert into workflow_version (installation_id, workflow_id, version, definition, plan_id, created_by, restored_from)
    values (${installationId}, ${id}, ${version}, ${jsonText(definition)}::text::jsonb, ${planId}, ${by.actor},
      ${restoredFrom ?? null})`;
}

/** Of what makes a version: equal for definitions that do the same. */
export function stepsOf(
  { start_step, steps, input_schema }: Pick<WorkflowDefinition, "start_step" | "steps" | "input_schema">,
): string {
  return sortedJson([start_step, steps, input_schema ?? null]);
}

async function read(sql: TransactionSql, installationId: number, id: string): Promise<Workflow> {
  const [row] = await sql<Row[]>`
    select ${columns(sql)} from ${joined(sql)}
    where workflow.installation_id = ${installationId} and workflow.id = ${id}`;
  return toWorkflow(row!);
}

function joined(sql: Query) {
  return sql`workflow join workflow_version on workflow_version.workflow_id = workflow.id
    and workflow_version.version = workflow.version`;
}

function columns(sql: Query) {
  return sql`workflow.id, flow_id, name, description, workflow.version, status, definition, revision, workflow.created_by,
    workflow.created_at, updated_at`;
}

function toWorkflow(row: Row): Workflow {
  return {
    id: row.id,
    flowId: row.flow_id,
    name: row.name,
    description: row.description,
    version: row.version,
    status: row.status,
    definition: row.definition,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toVersion(row: VersionRow): WorkflowVersion {
  return {
    version: row.version,
    definition: row.definition,
    restoredFrom: row.restored_from,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
