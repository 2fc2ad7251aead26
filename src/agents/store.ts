/** Agents as stored: make, change, take out, list; every statement names the installation, every change leaves its audit row. */

import { appendAudit, type Audit } from "../access/audit.ts";
import { accessStore, type By, requireRevision } from "../access/by.ts";
import type { Clock } from "../base/clock.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import { agentContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { agentHost, type BreakerState } from "../breakers/store.ts";
import type { AgentPatch, AuthType, BreakerConfig, NewAgent, RetryConfig } from "./definition.ts";

export type AgentStatus = "active" | "inactive" | "deleted";

export interface Agent {
  id: string;
  name: string;
  url: string;
  description: string | null;
  authType: AuthType;
  /** Header of an API key; null where there is none. */
  authHeader: string | null;
  timeoutMs: number;
  retry: RetryConfig;
  /** Over the variables; null: as they say. */
  breakerConfig: BreakerConfig | null;
  /** As it stands. */
  breaker: { state: BreakerState; retryAt: Date | null };
  status: AgentStatus;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

/** An agent as steps call it. */
export interface CallableAgent extends Agent {
  secret: string | undefined;
}

export interface AgentFilter {
  status?: AgentStatus;
  /** A part of the name. */
  name?: string;
}

export interface AgentStore {
  create(installationId: number, agent: NewAgent, by: By, atEnd?: AtEnd<Agent>): Promise<Agent>;
  /** One page, the newest first, with the true total. */
  list(
    installationId: number,
    filter: AgentFilter,
    page: { limit: number; offset: number },
  ): Promise<{ agents: Agent[]; total: number }>;
  find(installationId: number, id: string): Promise<Agent | undefined>;
  /** Throws NOT_FOUND, and PRECONDITION_FAILED where `revision` is given and another one is stored. */
  update(installationId: number, id: string, patch: AgentPatch, options: Change): Promise<Agent>;
  /** As update(). */
  remove(installationId: number, id: string, options: Change): Promise<Agent>;
  /** A call by hand, and a reset of its breaker, leaves its audit row. */
  note(installationId: number, id: string, done: { by: By; action: "call" | "reset_breaker" }): Promise<void>;
  /** By name, with its secret; undefined where there is none that is not deleted. */
  findCallable(installationId: number, name: string): Promise<CallableAgent | undefined>;
  /** Of those that are not deleted, by name. */
  statuses(installationId: number, names: readonly string[]): Promise<Map<string, "active" | "inactive">>;
}

export interface Change {
  by: By;
  /** The revision that the caller knows; absent: whichever there is. */
  revision?: number;
}

export const MAX_AGENTS = 10_000;

interface Row {
  id: string;
  name: string;
  url: string;
  description: string | null;
  auth_type: AuthType;
  auth_header: string | null;
  secret_sealed: string | null;
  timeout_ms: number;
  retry_config: RetryConfig;
  breaker_config: BreakerConfig | null;
  breaker: { state: BreakerState; probe_at: string } | null;
  status: AgentStatus;
  revision: number;
  created_at: Date;
  updated_at: Date;
}

export function createAgentStore(
  { db, keyring, clock, audit: append = appendAudit }: { db: Database; keyring: Keyring; clock: Clock; audit?: Audit },
): AgentStore {
  const { within, audit } = accessStore({ db, clock, audit: append, entityType: "agent" });

  async function seal(installationId: number, id: string, config: NewAgent["auth_config"]): Promise<string | null> {
    if (!config) return null;
    return await keyring.seal("token" in config ? config.token : config.key, agentContext(installationId, id));
  }

  /** The row, locked. */
  async function lock(sql: TransactionSql, installationId: number, id: string, revision?: number): Promise<Row> {
    const [row] = await sql<Row[]>`
      select ${columns(sql)} from agent
      where installation_id = ${installationId} and id = ${id} and status <> 'deleted' for update`;
    if (!row) throw agentUnknown(id);
    requireRevision(row, revision, `agent "${row.name}"`);
    return row;
  }

  return {
    create: async (installationId, agent, by, atEnd) => {
      const id = crypto.randomUUID();
      const sealed = await seal(installationId, id, agent.auth_config);
      return await within(installationId, async (sql) => {
        const [count] = await sql<{ all: number; same: number }[]>`
          select count(*)::int as all, (count(*) filter (where name = ${agent.name}))::int as same
          from agent where installation_id = ${installationId} and status <> 'deleted'`;
        if (count!.same > 0) throw nameInUse(agent.name);
        if (count!.all >= MAX_AGENTS) {
          throw new AppError("CONFLICT", `Cannot create the agent: there are ${MAX_AGENTS}`);
        }
        const rows = await sql<Row[]>`
          insert into agent (id, installation_id, name, url, description, auth_type, auth_header, secret_sealed, timeout_ms,
            retry_config, breaker_config, status)
          values (${id}, ${installationId}, ${agent.name}, ${agent.url}, ${
          agent.description ?? null
        }, ${agent.auth_type},
            ${headerOf(agent.auth_config)}, ${sealed}, ${agent.timeout_ms}, ${
          jsonText(agent.retry_config)
        }::text::jsonb,
            ${breakerJson(agent.circuit_breaker_config ?? null)}::text::jsonb, ${agent.status})
          on conflict do nothing returning ${columns(sql)}`;
        // Another request made one of that name at the same moment.
        if (rows.length === 0) throw new AppError("CONFLICT", `Cannot create the agent: "${agent.name}" is in use`);
        const made = toAgent(rows[0]!);
        await audit(sql, installationId, { ...by, action: "create", entityId: id, changes: withoutSecrets(agent) });
        await atEnd?.(sql, made);
        return made;
      });
    },

    list: (installationId, { status, name }, { limit, offset }) =>
      within(installationId, async (sql) => {
        const fits = sql`installation_id = ${installationId}
          and ${status === undefined ? sql`status <> 'deleted'` : sql`status = ${status}`}
          ${name === undefined ? sql`` : sql`and strpos(lower(name), lower(${name})) > 0`}`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from agent where ${fits}`;
        const rows = await sql<Row[]>`
          select ${columns(sql)} from agent where ${fits}
          order by created_at desc, id limit ${limit} offset ${offset}`;
        return { agents: rows.map(toAgent), total: count!.total };
      }),

    find: async (installationId, id) => {
      const [row] = await within(installationId, (sql) =>
        sql<Row[]>`
          select ${columns(sql)} from agent where installation_id = ${installationId} and id = ${id}`);
      return row && toAgent(row);
    },

    update: async (installationId, id, patch, { by, revision }) => {
      const sealed = await seal(installationId, id, patch.auth_config);
      return await within(installationId, async (sql) => {
        const before = await lock(sql, installationId, id, revision);
        // What is known of another address says nothing of it.
        if (patch.url !== undefined && patch.url !== before.url) await forgetBreaker(sql, installationId, before.name);
        const changesAuth = patch.auth_type !== undefined;
        const [row] = await sql<Row[]>`
          update agent set
            url = ${patch.url ?? before.url},
            description = ${patch.description === undefined ? before.description : patch.description},
            auth_type = ${patch.auth_type ?? before.auth_type},
            auth_header = ${changesAuth ? headerOf(patch.auth_config) : before.auth_header},
            secret_sealed = ${changesAuth ? sealed : before.secret_sealed},
            timeout_ms = ${patch.timeout_ms ?? before.timeout_ms},
            retry_config = ${jsonText(patch.retry_config ?? before.retry_config)}::text::jsonb,
            breaker_config = ${
          breakerJson(
            patch.circuit_breaker_config === undefined ? before.breaker_config : patch.circuit_breaker_config,
          )
        }::text::jsonb,
            status = ${patch.status ?? before.status},
            revision = revision + 1, updated_at = now()
          where installation_id = ${installationId} and id = ${id} returning ${columns(sql)}`;
        await audit(sql, installationId, { ...by, action: "update", entityId: id, changes: withoutSecrets(patch) });
        return toAgent(row!);
      });
    },

    remove: (installationId, id, { by, revision }) =>
      within(installationId, async (sql) => {
        const { name } = await lock(sql, installationId, id, revision);
        await forgetBreaker(sql, installationId, name);
        const [row] = await sql<Row[]>`
          update agent set status = 'deleted', secret_sealed = null, revision = revision + 1, updated_at = now()
          where installation_id = ${installationId} and id = ${id} returning ${columns(sql)}`;
        await audit(sql, installationId, { ...by, action: "delete", entityId: id, changes: {} });
        return toAgent(row!);
      }),

    note: (installationId, id, { by, action }) =>
      within(
        installationId,
        (sql) => audit(sql, installationId, { ...by, action, entityId: id, changes: {} }),
      ),

    findCallable: async (installationId, name) => {
      const [row] = await within(installationId, (sql) =>
        sql<Row[]>`
          select ${columns(sql)} from agent
          where installation_id = ${installationId} and name = ${name} and status <> 'deleted'`);
      if (!row) return undefined;
      const { secret_sealed: sealed } = row;
      const secret = sealed === null ? undefined : await keyring.open(sealed, agentContext(installationId, row.id));
      return { ...toAgent(row), secret };
    },

    statuses: async (installationId, names) => {
      const rows = await within(installationId, (sql) =>
        sql<{ name: string; status: "active" | "inactive" }[]>`
          select name, status from agent
          where installation_id = ${installationId} and status <> 'deleted'
            and name in (select json_array_elements_text(${JSON.stringify(names)}::text::json))`);
      return new Map(rows.map(({ name, status }) => [name, status]));
    },
  };
}

export function agentUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find agent "${id.slice(0, 40)}": there is none with this id`);
}

/** What the documents answer with 400; one of the same moment is a conflict. */
function nameInUse(name: string): AppError {
  return new AppError("REQUEST_INVALID", `Cannot create the agent: the name "${name}" is in use`, {
    details: { faults: [{ path: "name", message: "is in use by another agent" }] },
  });
}

function headerOf(config: NewAgent["auth_config"]): string | null {
  return config && "header_name" in config ? config.header_name : null;
}

/** For the audit. */
function withoutSecrets({ auth_config, ...rest }: NewAgent | AgentPatch): unknown {
  return { ...rest, ...(auth_config !== undefined && { auth_config: auth_config === null ? null : "changed" }) };
}

async function forgetBreaker(sql: TransactionSql, installationId: number, name: string): Promise<void> {
  await sql`delete from breaker where installation_id = ${installationId} and host = ${agentHost(name)}`;
}

function breakerJson(config: BreakerConfig | null): string | null {
  return config && jsonText(config);
}

function columns(sql: Query) {
  return sql`id, name, url, description, auth_type, auth_header, secret_sealed, timeout_ms, retry_config, breaker_config,
    (select json_build_object('state', state, 'probe_at', probe_at) from breaker
      where breaker.installation_id = agent.installation_id and agent.status <> 'deleted'
        and breaker.host = ${agentHost("")}::text || agent.name) as breaker,
    status, revision, created_at, updated_at`;
}

function toAgent(row: Row): Agent {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    description: row.description,
    authType: row.auth_type,
    authHeader: row.auth_header,
    timeoutMs: row.timeout_ms,
    retry: row.retry_config,
    breakerConfig: row.breaker_config,
    breaker: {
      state: row.breaker?.state ?? "closed",
      retryAt: row.breaker && row.breaker.state !== "closed" ? new Date(row.breaker.probe_at) : null,
    },
    status: row.status,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
