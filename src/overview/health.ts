/** Health of the program's parts for one workspace, in words: what a person looks at when something does not move. */

import type { Database } from "../db/db.ts";
import type { StoredToken } from "../secrets/key_report.ts";
import { age } from "./alarms.ts";
import { type Backlog, MAX_WAITING, readBacklog } from "../queue/open_jobs.ts";

export interface PartHealth {
  name: string;
  /** off: not in use here. */
  state: "ok" | "warn" | "bad" | "off";
  detail: string;
}

export interface HealthFacts {
  database: { answer: string; kind: Database["kind"]; place: string };
  /** "ok", or which are missing. */
  migrations: string;
  keys: string;
  signatureChecked: boolean;
  backlog: Backlog;
  /** Undefined where this process only listens. */
  worker: { concurrency: number } | undefined;
  secondsSinceRetention: number | undefined;
  redis: string;
  token: StoredToken | undefined;
  active: boolean;
  installedForMs: number;
  nowMs: number;
}

/** Jobs begin at once while a worker is free. */
const SLOW_MS = 60_000;
const STUCK_MS = 600_000;
const RETENTION_LATE_SECONDS = 7_200;

/** `whole` shows where the database is; members see only what it is. */
export function describeHealth(facts: HealthFacts, { whole }: { whole: boolean }): PartHealth[] {
  const { database, migrations, keys, redis } = facts;
  const product = database.kind === "postgres" ? "PostgreSQL" : "Embedded database";
  return [
    {
      name: "Database",
      state: database.answer === "ok" ? "ok" : "bad",
      detail: database.answer === "ok" ? (whole ? `${product}, ${database.place}` : product) : database.answer,
    },
    {
      name: "Migrations",
      state: migrations === "ok" ? "ok" : "bad",
      detail: migrations === "ok" ? "The schema is up to date" : migrations,
    },
    {
      name: "Verification keys",
      state: keys === "ok" ? "ok" : "bad",
      detail: keys === "ok" ? "Clockify's public key is loaded" : keys,
    },
    facts.signatureChecked
      ? { name: "Signature check", state: "ok", detail: "Every delivery must carry Clockify's signature" }
      : { name: "Signature check", state: "bad", detail: "Off: deliveries are accepted without a signature" },
    queuePart(facts),
    workerPart(facts),
    retentionPart(facts),
    redisPart(redis),
    tokenPart(facts),
  ];
}

function queuePart({ backlog: { waiting, oldestDueAt }, nowMs }: HealthFacts): PartHealth {
  if (oldestDueAt === null) return { name: "Queue", state: "ok", detail: "Nothing waits" };
  const waitedMs = nowMs - oldestDueAt.getTime();
  const many = waiting >= MAX_WAITING ? `${MAX_WAITING} and more` : String(waiting);
  return {
    name: "Queue",
    state: waitedMs >= STUCK_MS ? "bad" : waitedMs >= SLOW_MS ? "warn" : "ok",
    detail: `${many} ${waiting === 1 ? "job waits" : "jobs wait"}, the oldest for ${age(waitedMs)}`,
  };
}

function workerPart({ worker, backlog: { executing } }: HealthFacts): PartHealth {
  const busy = `${executing} ${executing === 1 ? "job" : "jobs"} of this workspace in progress`;
  return worker
    ? { name: "Worker", state: "ok", detail: `Up to ${worker.concurrency} jobs at once in this process; ${busy}` }
    : { name: "Worker", state: "off", detail: `This process only receives, others run the jobs; ${busy}` };
}

function retentionPart({ secondsSinceRetention: seconds, installedForMs }: HealthFacts): PartHealth {
  if (seconds === undefined) {
    const isLate = installedForMs > RETENTION_LATE_SECONDS * 1_000;
    return {
      name: "Retention",
      state: isLate ? "warn" : "ok",
      detail: `No sweep was finished yet${isLate ? "" : "; one is expected each hour"}`,
    };
  }
  return {
    name: "Retention",
    state: seconds > RETENTION_LATE_SECONDS ? "warn" : "ok",
    detail: `Last sweep ${age(seconds * 1_000)} ago`,
  };
}

function redisPart(redis: string): PartHealth {
  if (redis === "off") return { name: "Redis", state: "off", detail: "Not in use: budgets are kept in memory" };
  if (redis === "ok") return { name: "Redis", state: "ok", detail: "Budgets are shared between instances" };
  return { name: "Redis", state: "warn", detail: redis };
}

function tokenPart({ token, active, nowMs }: HealthFacts): PartHealth {
  const name = "Clockify token";
  if (!token) return { name, state: "bad", detail: "None is stored: install the add-on in the workspace again" };
  if (!token.keyConfigured) {
    return { name, state: "bad", detail: `Sealed under the key "${token.keyId}", which is not configured` };
  }
  const received = `received ${age(nowMs - token.receivedAt.getTime())} ago`;
  return active
    ? { name, state: "ok", detail: `Stored encrypted, ${received}` }
    : { name, state: "off", detail: `Not used while the add-on is switched off in the workspace; ${received}` };
}

export interface BacklogStore {
  backlog(installationId: number): Promise<Backlog>;
}

export function createBacklogStore(db: Pick<Database, "scoped">): BacklogStore {
  return {
    backlog: (installationId) =>
      db.scoped({ installationIds: [installationId] }, (sql) => readBacklog(sql, installationId)),
  };
}
