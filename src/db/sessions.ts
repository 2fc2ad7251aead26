/** What each session of ours has, whatever its login, its database or its server was set to. */

/**
 * How values are written and read, and where names are found: by these the program reads what it wrote. Limits of time are
 * its own (within.ts), so those that somebody gave to the login are off.
 */
const SETTINGS = {
  bytea_output: "hex",
  DateStyle: "ISO, MDY",
  default_transaction_isolation: "read committed",
  extra_float_digits: "1",
  idle_session_timeout: "0",
  IntervalStyle: "postgres",
  lock_timeout: "0",
  row_security: "on",
  search_path: "public",
  standard_conforming_strings: "on",
  statement_timeout: "0",
  TimeZone: "UTC",
} as const;

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
export const IDLE_IN_TRANSACTION_MS = 60_000;

/** Of no meaning to a server, which keeps it; a pooler refuses it, or drops it. */
const MARK = { name: "timewire.session", value: "direct" };

/** What a session with the server itself begins with. */
export const DIRECT_SETTINGS: Readonly<Record<string, string>> = {
  ...SETTINGS,
  ...PLANS,
  idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
  [MARK.name]: MARK.value,
};

/** Those that PgBouncer keeps for each client, in each of its modes; others it refuses where a session begins. */
const KEPT_BY_POOLERS = ["DateStyle", "standard_conforming_strings", "TimeZone"] as const;

/** What a session behind a pooler begins with. */
export const POOLED_SETTINGS: Readonly<Record<string, string>> = Object.fromEntries(
  KEPT_BY_POOLERS.map((name) => [name, SETTINGS[name]]),
);

/** SQL: whether a pooler is between, in the column `pooled`. A pooler that refuses the mark is found by isRefusedByPooler(). */
export const IS_POOLED = `current_setting('${MARK.name}', true) is distinct from '${MARK.value}'`;

/** True for PgBouncer's answer to a setting that it does not keep. */
export function isRefusedByPooler(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === "08P01" && /unsupported startup parameter/i.test(String(message));
}

/** What a login behind a pooler must have been given, where another value would be read wrongly or would end statements. */
const OF_LOGIN = [
  "bytea_output",
  "default_transaction_isolation",
  "lock_timeout",
  "row_security",
  "statement_timeout",
] as const;

/** SQL: the settings of the login as an object, in the column `settings`. */
export const LOGIN_SETTINGS = `jsonb_build_object(${
  OF_LOGIN.map((name) => `'${name}', current_setting('${name}')`).join(", ")
}, 'search_path', current_schema())`;

/** The statements by which an administrator gives `login` what it lacks; `found` is what LOGIN_SETTINGS gave. */
export function remediesFor(login: string, found: Record<string, string | null>): string[] {
  return [...OF_LOGIN, "search_path" as const].filter((name) => found[name] !== SETTINGS[name]).map((name) =>
    `alter role "${login.replaceAll('"', '""')}" set ${name} = '${SETTINGS[name]}'`
  );
}
