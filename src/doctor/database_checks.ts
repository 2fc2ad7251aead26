/** The database: its server, role, settings, room, dead rows, indexes and migrations. */

import type { Database, Query } from "../db/db.ts";
import { changedMigrations, listMigrations, migrationStatus } from "../db/migrate.ts";
import { expectedIndexes } from "./expected_indexes.ts";
import { type Check, type CheckState, lookAt } from "./check.ts";

export interface DatabaseFacts {
  db: Database;
  /** DATABASE_POOL_SIZE with its overflow. */
  poolSize: number;
  /** How many databases the program has on this server, each with a pool of its own. */
  databases?: number;
}

/** Beside each pool: three for storing deliveries, one for wake-ups. */
const OTHER_CONNECTIONS = 4;
const OLDEST_SERVER = 140_000;

/** Of one database. Never rejects. */
export async function checkDatabase({ db, poolSize, databases = 1 }: DatabaseFacts): Promise<Check[]> {
  const say = sayOf(db);
  const groups = [
    () => server(db, say),
    () => role(db, say),
    () => pooler(db, say),
    () => connections(db, databases * (poolSize + OTHER_CONNECTIONS), say),
    () => size(db, say),
    () => deadRows(db, say),
    () => transactionAge(db, say),
    () => migrations(db, say),
    () => indexes(db, say),
  ];
  // One after another: the embedded database has one connection.
  const found: Check[] = [];
  for (const look of groups) found.push(...await lookAt({ area: "database", about: db.place }, look));
  return found;
}

type Say = (state: CheckState, detail: string, remedy?: string) => Check;

function sayOf({ place }: Database): Say {
  return (state, detail, remedy) => ({
    area: "database",
    about: place,
    state,
    detail,
    ...(remedy !== undefined && { remedy }),
  });
}

interface Settings {
  version: number;
  shown: string;
  encoding: string;
  fsync: string;
  commits: string;
  pages: string;
  vacuum: string;
  standby: boolean;
  readonly: string;
}

async function server(db: Database, say: Say): Promise<Check[]> {
  const [row] = await db.sql<Settings[]>`
    select current_setting('server_version_num')::int as version, current_setting('server_version') as shown,
      current_setting('server_encoding') as encoding, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commits, current_setting('full_page_writes') as pages,
      current_setting('autovacuum') as vacuum, pg_is_in_recovery() as standby,
      current_setting('default_transaction_read_only') as readonly`;
  const { version, shown, encoding, fsync, commits, pages, vacuum, standby, readonly } = row!;
  const checks: Check[] = [
    version >= OLDEST_SERVER
      ? say("ok", `PostgreSQL ${shown}${db.kind === "embedded" ? ", embedded" : ""}`)
      : say("fault", `PostgreSQL ${shown} is too old`, "use PostgreSQL 14 or later"),
  ];
  if (encoding !== "UTF8") {
    checks.push(say("fault", `Its encoding is ${encoding}`, "make the database with encoding UTF8, and move the data"));
  }
  if (standby || readonly === "on") {
    checks.push(
      say("fault", "It cannot be written to: it is a standby, or read-only", "name the primary server in DATABASE_URL"),
    );
  }
  if (db.kind === "embedded") {
    checks.push(say("warning", "Embedded: a power cut may lose the last moments", "use PostgreSQL where that matters"));
    return checks;
  }
  if (fsync === "off" || pages === "off") {
    checks.push(
      say("fault", "fsync or full_page_writes is off: a crash of the machine may destroy it", "switch both on"),
    );
  } else if (commits === "off") {
    checks.push(
      say("warning", "synchronous_commit is off: a crash may lose events that were acknowledged", "switch it on"),
    );
  }
  if (vacuum === "off") {
    checks.push(
      say("fault", "autovacuum is off: tables grow, and the server stops in the end", "switch autovacuum on"),
    );
  }
  return checks;
}

async function role(db: Database, say: Say): Promise<Check[]> {
  const [row] = await db.sql<{ name: string; super: boolean; bypass: boolean; owns: boolean }[]>`
    select rolname as name, rolsuper as super, rolbypassrls as bypass,
      not exists (select from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not pg_has_role(current_user, relowner, 'usage')) as owns
    from pg_roles where rolname = current_user`;
  const { name, super: isSuper, bypass, owns } = row!;
  if (!owns) {
    return [
      say("fault", `Role "${name}" does not own all tables: migrations will fail`, "log in as the role that made them"),
    ];
  }
  if (db.kind === "postgres" && (isSuper || bypass)) {
    return [
      say(
        "warning",
        `Role "${name}" is a superuser or bypasses row-level security: transactions take the role timewire_app instead`,
        "log in as a plain owner of the database: createdb --owner timewire timewire",
      ),
    ];
  }
  return [say("ok", `Role "${name}" owns the tables`)];
}

/** Longer than any trip on a network that is of use. */
const HINT_MS = 3_000;

/** Behind a pooler in transaction mode no session listens, so that jobs are found by asking once a second. */
async function pooler(db: Database, say: Say): Promise<Check[]> {
  if (db.kind === "embedded") return [];
  const heard = await hearsItself(db);
  if (heard) {
    return [say("ok", db.pooled ? "A pooler in session mode is between" : "Wake-ups arrive: no pooler is between")];
  }
  const remedy = "connect to the server itself, or to a pool in session mode";
  return [
    db.pooled
      ? say("warning", "A pooler in transaction mode is between: wake-ups are lost, jobs wait up to a second", remedy)
      : say(
        "fault",
        "Wake-ups do not arrive: a pooler that is not found seems to be between",
        `set DATABASE_PREPARE=false, or ${remedy}`,
      ),
  ];
}

async function hearsItself(db: Database): Promise<boolean> {
  const word = crypto.randomUUID();
  const heard = Promise.withResolvers<boolean>();
  const listening = await db.listen("timewire_doctor", (text) => text === word && heard.resolve(true));
  const timer = setTimeout(() => heard.resolve(false), HINT_MS);
  try {
    db.notify("timewire_doctor", word);
    return await heard.promise;
  } finally {
    clearTimeout(timer);
    await listening.stop();
  }
}

async function connections(db: Database, needed: number, say: Say): Promise<Check[]> {
  if (db.kind === "embedded") return [];
  const [row] = await db.sql<{ most: number; role_most: number; used: number }[]>`
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
      (select rolconnlimit from pg_roles where rolname = current_user) as role_most,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`;
  const { most, role_most: ofRole, used } = row!;
  const allowed = ofRole > 0 ? Math.min(most, ofRole) : most;
  if (needed > allowed) {
    return [
      say(
        "fault",
        `An instance may open ${needed} connections, and ${allowed} are allowed`,
        "lower DATABASE_POOL_SIZE, or raise max_connections",
      ),
    ];
  }
  if (used > most * 0.9) {
    return [
      say("warning", `${used} of ${most} connections are in use`, "raise max_connections, or lower DATABASE_POOL_SIZE"),
    ];
  }
  return [say("ok", `${used} of ${most} connections are in use; an instance opens ${needed} at most`)];
}

async function size(db: Database, say: Say): Promise<Check[]> {
  const [total] = await db.sql<{ bytes: number }[]>`select pg_database_size(current_database()) as bytes`;
  const tables = await db.sql<{ name: string; bytes: number }[]>`
    select relname as name, pg_total_relation_size(oid) as bytes from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' order by 2 desc limit 3`;
  const largest = tables.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(", ");
  return [say("ok", `It has ${megabytes(total!.bytes)}${largest === "" ? "" : `; the largest tables: ${largest}`}`)];
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_048_576).toLocaleString("en")} MB`;
}

/** Below it dead rows cost nothing that is felt. */
const MANY_DEAD = 50_000;
const DEAD_SHARE = 0.4;

async function deadRows(db: Database, say: Say): Promise<Check[]> {
  const rows = await db.sql<{ name: string; live: number; dead: number; vacuumed: Date | null }[]>`
    select relname as name, n_live_tup as live, n_dead_tup as dead, greatest(last_vacuum, last_autovacuum) as vacuumed
    from pg_stat_user_tables
    where n_dead_tup > ${MANY_DEAD} and n_dead_tup > ${DEAD_SHARE}::float8 * (n_live_tup + n_dead_tup)
    order by n_dead_tup desc limit 5`;
  if (rows.length === 0) return [say("ok", "No table holds many dead rows")];
  return rows.map(({ name, live, dead, vacuumed }) =>
    say(
      "warning",
      `Table ${name} holds ${dead.toLocaleString("en")} dead rows beside ${
        live.toLocaleString("en")
      } live ones; last vacuumed ${vacuumed?.toISOString() ?? "never"}`,
      `end long transactions (pg_stat_activity), then: vacuum (analyze) ${name}`,
    )
  );
}

/** Of 2^31; the server warns when 40 million are left, and stops at 3 million. */
const OLD_TRANSACTIONS = 500_000_000;
const OLDEST_TRANSACTIONS = 1_500_000_000;

async function transactionAge(db: Database, say: Say): Promise<Check[]> {
  const [row] = await db.sql<{ age: number }[]>`
    select age(datfrozenxid)::int as age from pg_database where datname = current_database()`;
  const { age } = row!;
  if (age < OLD_TRANSACTIONS) return [];
  return [
    say(
      age < OLDEST_TRANSACTIONS ? "warning" : "fault",
      `The oldest transaction id is ${age.toLocaleString("en")} behind: at 2,147,000,000 the server stops`,
      "vacuum the database (vacuumdb), and end what keeps autovacuum back: long transactions, replication slots",
    ),
  ];
}

async function migrations(db: Database, say: Say): Promise<Check[]> {
  const status = await migrationStatus(db);
  const missing = status.filter(({ appliedAt }) => appliedAt === null).map(({ number }) => number);
  if (missing.length > 0) {
    return [say("fault", `Migrations are missing: ${spans(missing)}`, "run: timewire migrate")];
  }
  const newest = status.at(-1)!.number;
  const later = await db.sql<{ number: number }[]>`
    select number from timewire_migration where number > ${newest} order by number`;
  const changed = await changedMigrations(db);
  const checks = [say("ok", `All ${status.length} migrations are applied`)];
  if (later.length > 0) {
    checks.push(
      say(
        "warning",
        `A newer version has applied migrations ${spans(later.map(({ number }) => number))}`,
        "run that version, or take them back with it: timewire migrate down",
      ),
    );
  }
  if (changed.length > 0) {
    checks.push(
      say(
        "warning",
        `Migrations ${spans(changed)} were applied from another text than this version has`,
        "compare the schema with that of a new database before the next upgrade",
      ),
    );
  }
  return checks;
}

/** "1, 3 to 5" */
function spans(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => from === to ? String(from) : `${from} to ${to}`).join(", ");
}

async function indexes(db: Database, say: Say): Promise<Check[]> {
  const there = await readIndexes(db.sql);
  const invalid = there.filter(({ valid }) => !valid).map(({ name }) => name);
  const names = new Set(there.map(({ name }) => name));
  const applied = new Set((await migrationStatus(db)).filter(({ appliedAt }) => appliedAt).map(({ number }) => number));
  const known = (await listMigrations()).filter(({ number }) => applied.has(number));
  const missing = [...await expectedIndexes(known)].filter((name) => !names.has(name));
  const unproven = await db.sql<{ name: string; table: string }[]>`
    select conname as name, conrelid::regclass::text as table from pg_constraint
    where connamespace = 'public'::regnamespace and not convalidated order by 1`;
  const checks = [
    ...invalid.map((name) =>
      say(
        "fault",
        `Index ${name} is invalid: it is kept up to date and never used`,
        `run: reindex index concurrently ${name}`,
      )
    ),
    ...missing.map((name) =>
      say(
        "fault",
        `Index ${name} is missing: what it is for reads whole tables`,
        `make it as in migrations/ (grep ${name})`,
      )
    ),
    ...unproven.map(({ name, table }) =>
      say(
        "warning",
        `Constraint ${name} is not proven for old rows`,
        `run: alter table ${table} validate constraint ${name}`,
      )
    ),
  ];
  return checks.length > 0 ? checks : [say("ok", `All ${names.size} indexes are there and valid`)];
}

async function readIndexes(sql: Query): Promise<{ name: string; valid: boolean }[]> {
  return [
    ...await sql<{ name: string; valid: boolean }[]>`
      select relname as name, indisvalid and indisready as valid from pg_index join pg_class on pg_class.oid = indexrelid
      where relnamespace = 'public'::regnamespace order by 1`,
  ];
}
