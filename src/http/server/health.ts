/**
 * Liveness (/healthz: the process serves), readiness (/ready: it may get traffic), and /health of the reference add-on.
 */

import type { Hono } from "hono";
import type { Clock } from "../../base/clock.ts";
import { type Database, isUnavailable } from "../../db/db.ts";
import { migrationStatus } from "../../db/migrate.ts";
import type { KeySource } from "../../verify/keys.ts";
import type { AppEnv } from "./app_env.ts";

export interface HealthProbe {
  /** "ok", or "error: <reason>" within 2 s. */
  database(): Promise<string>;
  /** "ok", or which migrations are missing. */
  migrations(): Promise<string>;
  keys(): Promise<string>;
}

const PROBE_TIMEOUT_MS = 2_000;
/** Probes of many callers share one look at the database. */
const PROBE_AGE_MS = 1_000;

export function createHealthProbe({ db, keys, clock }: { db: Database; keys: KeySource; clock: Clock }): HealthProbe {
  const ping = remember(clock, async () => {
    const [readonly] = await Promise.all([tripOfIngest(db), db.sql`select 1`]);
    return readonly ? "error: it is read-only" : "ok";
  });
  const migrations = remember(clock, async () => {
    const missing = (await migrationStatus(db)).filter(({ appliedAt }) => appliedAt === null);
    return missing.length === 0 ? "ok" : `missing: ${missing.map(({ number }) => number).join(", ")}`;
  });
  return {
    database: ping,
    migrations,
    keys: async () => {
      const { ready } = await keys.ready();
      return ready ? "ok" : "error: no verification key";
    },
  };
}

export interface HealthDeps {
  service: string;
  version: string;
  probe: HealthProbe;
  /** False prints itself on /ready: such a listener takes unsigned traffic. */
  requireSignature: boolean;
  /** "ok", "off", or that it is away: then budgets are held in memory, and the listener stays ready. */
  redis(): string;
  /** GET /health, the add-on's older route. */
  legacyRoute: boolean;
  clock: Clock;
}

export function mountHealth(
  app: Hono<AppEnv>,
  { service, version, probe, requireSignature, redis, legacyRoute, clock }: HealthDeps,
) {
  app.get("/healthz", async (c) => {
    const database = await probe.database();
    return c.json({ status: database === "ok" ? "ok" : "degraded", service, database });
  });

  app.get("/ready", async (c) => {
    const [database, migrations, keys] = await Promise.all([probe.database(), probe.migrations(), probe.keys()]);
    const needed = { database, migrations, keys };
    const ready = Object.values(needed).every((check) => check === "ok");
    const limits = redis();
    const answer = {
      ready,
      service,
      // Redis is shown, and not waited for: without it budgets are held in memory.
      checks: { ...needed, redis: limits === "off" ? null : limits },
      redis: limits,
      signature_verification: requireSignature ? "on" : "off",
      timestamp: new Date(clock.now()).toISOString(),
    };
    return c.json(answer, ready ? 200 : 503);
  });

  if (!legacyRoute) return;
  app.get("/health", async (c) => {
    const healthy = await probe.database() === "ok";
    const timestamp = new Date(clock.now()).toISOString();
    return c.json({ status: healthy ? "healthy" : "unhealthy", version, timestamp }, healthy ? 200 : 503);
  });
}

/** Goes the way of a delivery, with its connections, role and scope, and stores nothing; gives whether nothing could be stored. */
async function tripOfIngest(db: Pick<Database, "scopedStatement">): Promise<boolean> {
  const [row] = await db.scopedStatement({ installationIds: [] }, (sql, installations) =>
    sql<{ readonly: boolean }[]>`
      with scope as materialized (select set_config('timewire.installations', ${installations}, true) as set)
      select current_setting('transaction_read_only') = 'on' or exists (select from event where scope.set is null) as readonly
      from scope`);
  return row!.readonly;
}

/** The probe's answer for a second; a failure or a timeout becomes its text. */
function remember(clock: Clock, probe: () => Promise<string>): () => Promise<string> {
  let last: { untilMs: number; answer: Promise<string> } | undefined;
  return () => {
    if (last && last.untilMs > clock.monotonicMs()) return last.answer;
    const end = new AbortController();
    const timeout = clock.sleep(PROBE_TIMEOUT_MS, end.signal).then(() => `error: no answer in ${PROBE_TIMEOUT_MS} ms`);
    timeout.catch(() => {});
    const answer = Promise.race([probe().catch(describe), timeout]).finally(() => end.abort());
    last = { untilMs: clock.monotonicMs() + PROBE_AGE_MS, answer };
    return answer;
  };
}

/** A reason without host, user or statement: the route is open to everyone. */
function describe(error: unknown): string {
  return isUnavailable(error) ? "error: unreachable" : "error: query failed";
}
