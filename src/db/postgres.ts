/** The database over the Postgres wire protocol: a PostgreSQL server, or the embedded one on its loopback port. */

import { type Clock, systemClock } from "../base/clock.ts";
import type { Database, Sql } from "./db.ts";
import { type OnStatement, openDriver } from "./driver.ts";
import { createRenewingPool } from "./renewing_pool.ts";
import { createScoping } from "./scope.ts";
import { driverTls } from "./tls.ts";
import { withDeadlines } from "./within.ts";

export interface PostgresOptions {
  /** postgresql://user:password@host:port/database?sslmode=...&sslrootcert=... */
  url: string;
  poolSize: number;
  applicationName: string;
  /** Seconds to wait for a connection. */
  connectTimeoutSeconds?: number;
  clock?: Clock;
  onStatement?: OnStatement;
}

/** The two batches of ingest in progress, and the first one after a connection was lost. */
const BOUND_CONNECTIONS = 3;
/**
 * A statement of scopedStatement() that takes longer is cancelled by the server and leaves nothing behind, so that its caller
 * has the outcome before it must answer itself (ingest/ingest.ts).
 */
const STATEMENT_MS = 1_000;

/**
 * A prepared statement keeps its plan until the table is next analyzed, which may be a minute later: one made when a table had
 * ten rows must not read all of it when a burst has made them 200,000 (100 ms for each claim, measured). Every statement that
 * is asked often has an index. Nor is a plan compiled because the planner believes that the table is large: that takes 150 ms.
 */
const PLANS = { enable_seqscan: "off", jit: "off" };

/**
 * A process that is frozen in a transaction (a stopped container, a suspended host) keeps its locks for as long as its host
 * answers for its connections: the runs that it held were claimed by no other instance. No transaction of ours waits for
 * anything but the database, so one that is idle for so long has no owner that works.
 */
const IDLE_IN_TRANSACTION_MS = 60_000;

/** Opens a pool; connections are made on first use. Throws START_FAILED when the file of `sslrootcert` cannot be read. */
export function openPostgres(options: PostgresOptions): Database {
  const { url, ssl } = driverTls(options.url);
  const settings = {
    ...(ssl && { ssl }),
    onStatement: options.onStatement,
    connect_timeout: options.connectTimeoutSeconds ?? 4,
    connection: {
      application_name: options.applicationName,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      ...PLANS,
    },
  };
  const pool = createRenewingPool(
    (onclose) => openDriver(url, { ...settings, max: options.poolSize, onclose }),
    options.poolSize,
  );
  const { sql } = pool;
  const { stop: stopBound, ...scoping } = createScoping(
    sql,
    (role) =>
      createRenewingPool(
        (onclose) =>
          openDriver(url, {
            ...settings,
            connection: {
              ...settings.connection,
              ...(role !== undefined && { role }),
              statement_timeout: STATEMENT_MS,
            },
            max: BOUND_CONNECTIONS,
            onclose,
          }),
        BOUND_CONNECTIONS,
      ),
  );
  const hints = createHintSender(sql);
  // Listening has a connection of its own, which finds its way back by itself.
  let listener: Sql | undefined;
  return withDeadlines({
    kind: "postgres",
    place: describeUrl(options.url),
    sql,
    pool: pool.usage,
    ...scoping,
    transaction: (work) => sql.begin(work) as ReturnType<typeof work>,
    notify: hints.send,
    listen: async (channel, onHint) => {
      listener ??= openDriver(url, { ...settings, max: 1 });
      const { unlisten } = await listener.listen(channel, onHint, () => onHint(""));
      return { stop: () => unlisten() };
    },
    stop: async () => {
      await hints.stop();
      await listener?.end({ timeout: 1 });
      await Promise.all([pool.stop(), stopBound()]);
    },
  }, options.clock ?? systemClock);
}

/** Host, port and database of a connection URL, without user and password. */
export function describeUrl(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}:${port || 5432}${pathname}`;
  } catch {
    return "the configured database";
  }
}

/**
 * Sends NOTIFY at most once per channel and text at a time: a burst of commits needs one hint, and each NOTIFY takes a lock
 * that all committing sessions share.
 */
function createHintSender(sql: Sql) {
  const inFlight = new Map<string, Promise<unknown>>();
  const again = new Set<string>();
  function send(channel: string, text = "") {
    const hint = `${channel} ${text}`;
    if (inFlight.has(hint)) {
      again.add(hint);
      return;
    }
    const sent = sql`select pg_notify(${channel}, ${text})`
      // A lost hint only delays: workers also poll.
      .catch(() => {})
      .then(() => {
        inFlight.delete(hint);
        if (again.delete(hint)) send(channel, text);
      });
    inFlight.set(hint, sent);
  }
  return { send, stop: async () => void (await Promise.all(inFlight.values())) };
}
