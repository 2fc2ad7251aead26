/** The databases and processes that the rows measure, each made fresh for a row and gone after it. */

import { openPostgres } from "../../src/db/postgres.ts";
import { type Child, startChild } from "./child.ts";
import type { LoadCommand, LoadResult } from "./load.ts";
import { CLOCKIFY, createPlatform, type Platform } from "./platform.ts";
import { EVENT_TYPE } from "./requests.ts";

export type Place = { kind: "postgres"; serverUrl: string } | { kind: "embedded" };

export interface Program {
  port: number;
  child: Child;
  platform: Platform;
  /** PostgreSQL only. */
  databaseUrl?: string;
  dataDir: string;
  /** What the process was started with. */
  env: Record<string, string>;
  /** Stops the process, does `meanwhile`, and starts one on the same database. */
  startAgain(meanwhile: () => Promise<void>): Promise<Program>;
  /** One more process on the same database. */
  startBeside(): Promise<Child>;
}

/** What lives for one row; `stop` ends it in reverse order. */
export interface Scope {
  onStop(stop: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

export function createScope(): Scope {
  const stops: (() => Promise<unknown>)[] = [];
  return {
    onStop: (stop) => void stops.unshift(stop),
    stop: async () => {
      for (const stop of stops.splice(0)) await stop();
    },
  };
}

/** A new database on the server, dropped at the scope's end. */
export async function createDatabase(serverUrl: string, scope: Scope): Promise<string> {
  const name = `timewire_bench_${crypto.randomUUID().slice(0, 8)}`;
  const admin = openPostgres({ url: serverUrl, poolSize: 1, applicationName: "timewire-bench" });
  await admin.sql.unsafe(`create database ${name}`);
  scope.onStop(async () => {
    await admin.sql.unsafe(`drop database if exists ${name} with (force)`);
    await admin.stop();
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function createFolder(scope: Scope): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-bench-" });
  scope.onStop(() => Deno.remove(folder, { recursive: true }));
  return folder;
}

export async function startIn(scope: Scope, script: string, env: Record<string, string> = {}): Promise<Child> {
  const child = await startChild(script, env);
  scope.onStop(child.stop);
  return child;
}

/**
 * The program with the add-on installed. `role` "listen" leaves its jobs in the table until told to drain them. `clockify`:
 * where Clockify answers; without it nobody does.
 */
export async function startProgram(
  place: Place,
  scope: Scope,
  role: "all" | "listen" = "all",
  { clockify = CLOCKIFY, env: more = {} }: { clockify?: string; env?: Record<string, string> } = {},
): Promise<Program> {
  const platform = await createPlatform(clockify);
  const databaseUrl = place.kind === "postgres" ? await createDatabase(place.serverUrl, scope) : undefined;
  const dataDir = await createFolder(scope);
  const key = crypto.getRandomValues(new Uint8Array(32)).toBase64();
  const env = {
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: `k1:${key}` }),
    DATA_DIR: dataDir,
    ROLE: role,
    HOST: "127.0.0.1",
    APP_PORT: "0",
    UNIVERSAL_WEBHOOK_PORT: "0",
    CLOCKIFY_ADDON_PORT: "0",
    API_PORT: "0",
    CLOCKIFY_PUBLIC_KEY: platform.publicKeyPem,
    ALLOWED_API_DOMAINS: clockify,
    // All load is one installation's: its budget is not what is measured.
    MAX_RUNS_PER_MINUTE: "10000000",
    WEBHOOK_RATE_LIMIT_BYTES: "1000000000",
    ...more,
  };
  const launch = async (): Promise<Program> => {
    const child = await startIn(scope, "program_server.ts", env);
    const startAgain: Program["startAgain"] = (meanwhile) => child.stop().then(meanwhile).then(launch);
    const startBeside = () => startIn(scope, "program_server.ts", env);
    return { port: child.ready.port as number, child, platform, databaseUrl, dataDir, env, startAgain, startBeside };
  };
  const program = await launch();
  await platform.install(program.port);
  return program;
}

export async function startFloor(place: Place, scope: Scope): Promise<number> {
  const floor = await startIn(
    scope,
    "floor_server.ts",
    place.kind === "postgres"
      ? { FLOOR_DATABASE_URL: await createDatabase(place.serverUrl, scope) }
      : { FLOOR_DATA_DIR: await createFolder(scope) },
  );
  return floor.ready.port as number;
}

/** What a saved flow does, by the actions of program_server.ts. */
export interface BenchFlow {
  steps?: number;
  action?: "noop" | "slow" | "large" | "wait";
  input?: Record<string, unknown>;
  /** Equal flows; default 1. */
  count?: number;
}

/**
 * Saves flows that listen for the load's event in the workspace: as rows, since the API takes Clockify actions only. By
 * default one flow of one no-op step.
 */
export async function saveFlow(
  { databaseUrl, platform: { workspaceId } }: Pick<Program, "databaseUrl" | "platform">,
  { steps = 1, action = "noop", input = { entity: "$.event.id" }, count = 1 }: BenchFlow = {},
): Promise<void> {
  const db = openPostgres({ url: databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
  const plan = {
    schema: 1,
    root: {
      kind: "sequence",
      id: "main",
      steps: Array.from({ length: steps }, (_, index) => ({
        kind: "action",
        id: `step_${index + 1}`,
        action,
        input,
        retry: { maxAttempts: 1, initialDelayMs: 1, maxDelayMs: 1, multiplier: 1 },
        onUncertain: "retry",
      })),
    },
  };
  const definition = {
    name: "bench",
    enabled: true,
    trigger_event_types: [EVENT_TYPE],
    conditions: null,
    actions: [],
    ordered: false,
  };
  await db.sql`
    with tenant as (select id, workspace_id from installation where workspace_id = ${workspaceId}),
    saved_plan as (
      insert into plan (installation_id, body) select id, ${JSON.stringify(plan)}::text::jsonb from tenant
      returning id, installation_id
    ),
    saved as (
      insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
      select tenant.id, workspace_id, 'bench', true, ${JSON.stringify(definition)}::text::jsonb, saved_plan.id
      from tenant, saved_plan, generate_series(1, ${count}::int) returning id, installation_id
    )
    insert into flow_trigger (installation_id, event_type, flow_id, ordered)
    select installation_id, ${EVENT_TYPE}, id, false from saved`;
  await db.stop();
}

export interface Load {
  send(port: number, platform: Platform, options: Partial<LoadCommand>): Promise<LoadResult>;
}

/** The load generator; every request it sends has a number, and thus a body, of its own. */
export async function startLoad(scope: Scope): Promise<Load> {
  const child = await startIn(scope, "load.ts");
  let nextSequence = 0;
  return {
    send: async (port, { webhookToken: token, workspaceId }, options) => {
      const result: LoadResult = await child.call({
        port,
        token,
        workspaceId,
        connections: 64,
        firstSequence: nextSequence,
        ...options,
      });
      // More than were sent, so that refused ones are stepped over too.
      nextSequence += 2 * (result.requests + result.refused) + 1_000;
      if (result.refused > 0) throw new Error(`${result.refused} requests were not answered with 200`);
      return result;
    },
  };
}
