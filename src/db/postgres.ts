/** The database over the Postgres wire protocol: a PostgreSQL server, or the embedded one on its loopback port. */

import { type Clock, systemClock } from "../base/clock.ts";
import { type Address, describeUrl, isSocket, type Place, readAddress } from "./address.ts";
import type { Database, Sql } from "./db.ts";
import { type DriverOptions, type OnStatement, openDriver } from "./driver.ts";
import { createRenewingPool } from "./renewing_pool.ts";
import { createScoping } from "./scope.ts";
import { DIRECT_SETTINGS, POOLED_SETTINGS } from "./sessions.ts";
import { createSeveralHosts } from "./several_hosts.ts";
import { driverTls } from "./tls.ts";
import { withDeadlines } from "./within.ts";

export interface PostgresOptions {
  /** As libpq writes it, see address.ts: postgresql://user:password@host:port/database?sslmode=...&sslrootcert=... */
  url: string;
  poolSize: number;
  applicationName: string;
  /** Seconds to wait for a connection. */
  connectTimeoutSeconds?: number;
  /**
   * A pooler is between, which may give each transaction another session: no statement is prepared, and no session keeps a
   * setting, so that each transaction sets what it needs. Default: what the address says.
   */
  pooled?: boolean;
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

/** Opens a pool; connections are made on first use. Throws CONFIG_INVALID for the address, START_FAILED for a file of it. */
export function openPostgres(options: PostgresOptions): Database {
  const address = readAddress(options.url);
  const pooled = options.pooled ?? address.pooled;
  const { open, settings } = openerOf(address, { ...options, pooled });
  const pool = createRenewingPool((onclose) => open({ max: options.poolSize, onclose }), options.poolSize);
  const { sql } = pool;
  const { stop: stopBound, ...scoping } = createScoping(sql, {
    pooled,
    statementMs: STATEMENT_MS,
    openAs: (role) =>
      createRenewingPool(
        (onclose) =>
          open({
            ...(!pooled && {
              connection: {
                ...settings,
                ...(role !== undefined && { role }),
                statement_timeout: STATEMENT_MS,
              },
            }),
            max: BOUND_CONNECTIONS,
            onclose,
          }),
        BOUND_CONNECTIONS,
      ),
  });
  const hints = createHintSender(sql);
  // Listening has a connection of its own, which finds its way back by itself.
  let listener: Sql | undefined;
  return withDeadlines({
    kind: "postgres",
    place: describeUrl(options.url),
    sql,
    pooled,
    pool: pool.usage,
    ...scoping,
    transaction: (work) => sql.begin(work) as ReturnType<typeof work>,
    notify: hints.send,
    listen: async (channel, onHint) => {
      listener ??= open({ max: 1 });
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

interface Opener {
  /** A driver with the settings of all, and those that are given here. */
  open(own: DriverOptions): Sql;
  /** What its sessions begin with. */
  settings: Record<string, string>;
}

function openerOf(
  address: Address,
  { applicationName, connectTimeoutSeconds = 4, pooled, onStatement }: PostgresOptions,
): Opener {
  const { user, password, database, places, settings: given } = address;
  const settings = { application_name: applicationName, ...pooled ? POOLED_SETTINGS : DIRECT_SETTINGS, ...given };
  const tls = driverTls(address);
  const shared: DriverOptions = {
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    database: database ?? user,
    ...(tls && { ssl: tls as never }),
    ...(pooled && { prepare: false }),
    onStatement,
    connect_timeout: connectTimeoutSeconds,
    connection: settings as DriverOptions["connection"],
  };
  const openAt = (place: Place, own: DriverOptions) => openDriver({ ...shared, ...placeOf(place), ...own });
  const [only] = places;
  if (places.length === 1) return { settings, open: (own) => openAt(only!, own) };
  const hosts = createSeveralHosts(address, async (place) => {
    const sql = openAt(place, { max: 1 });
    try {
      const [row] = await sql<{ primary: boolean }[]>`select not pg_is_in_recovery() as primary`;
      return row!.primary;
    } finally {
      await sql.end({ timeout: 1 });
    }
  });
  return {
    settings,
    open: ({ onclose, ...own }) =>
      openAt(only!, {
        ...own,
        ...{ socket: hosts.socket },
        onclose: (id: number) => {
          hosts.forget();
          onclose?.(id);
        },
      }),
  };
}

function placeOf(place: Place): DriverOptions {
  const { host, port } = place;
  if (isSocket(place)) return { path: `${host}/.s.PGSQL.${port}` };
  // As lists: of one text the driver would cut an IPv6 address at its first colon.
  return { host: [host], port: [port] } as unknown as DriverOptions;
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
