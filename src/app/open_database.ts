/** Opens a configured database, and says what to change where it does not serve. */

import { AppError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { describeUrl, isSocket, readAddress } from "../db/address.ts";
import { type Database, isUnavailable } from "../db/db.ts";
import type { OnStatement } from "../db/driver.ts";
import { openEmbedded } from "../db/embedded.ts";
import { openPostgres, type PostgresOptions } from "../db/postgres.ts";
import { IS_POOLED, isRefusedByPooler, LOGIN_SETTINGS, remediesFor } from "../db/sessions.ts";
import { tlsKind } from "../db/tls.ts";

/** Of the server: earlier ones lack what migrations use. */
const OLDEST_SERVER = 140_000;

interface First {
  pooled: boolean;
  login: string;
  version: number;
  shown: string;
  encoding: string;
  standby: boolean;
  readonly: boolean;
  creates: boolean;
  settings: Record<string, string | null>;
}

/**
 * Opens the database and makes sure that it serves: that it answers, is new enough, holds UTF-8, can be written to, and
 * lets the login make tables. A pooler in between is found by itself. Throws START_FAILED with what to change, and what
 * openEmbedded() throws.
 */
export async function openDatabase(
  url: string | undefined,
  config: { database: Omit<Config["database"], "requestMs"> },
  { applicationName = "timewire", onStatement }: { applicationName?: string; onStatement?: OnStatement } = {},
): Promise<Database> {
  const { dataDir, poolSize, prepare } = config.database;
  if (url === undefined) return await openEmbedded({ dataDir, onStatement });
  await assertMayUseSocket(url);
  const options: PostgresOptions = { url, poolSize, applicationName, onStatement };
  const opened = await open(options, prepare);
  try {
    check(opened);
    return opened.db;
  } catch (error) {
    await opened.db.stop();
    throw error;
  }
}

/** Where the driver met the refusal of the runtime, the process would end. */
async function assertMayUseSocket(url: string): Promise<void> {
  const [place] = readAddress(url).places;
  if (!place || !isSocket(place)) return;
  const path = `${place.host}/.s.PGSQL.${place.port}`;
  const { state } = await Deno.permissions.query({ name: "write", path });
  if (state === "granted") return;
  throw new AppError(
    "START_FAILED",
    `Cannot open the database at ${describeUrl(url)}: the program may use sockets below /run/postgresql and ` +
      "/var/run/postgresql only; name one of them, or run it with --allow-write for the folder",
  );
}

interface Opened {
  db: Database;
  pooled: boolean;
  first: First;
}

/** As a pooler is used where the configuration says so, or the first session shows one. */
async function open(options: PostgresOptions, prepare: boolean): Promise<Opened> {
  const asked = !prepare || readAddress(options.url).pooled;
  for (const pooled of asked ? [true] : [false, true]) {
    const db = openPostgres({ ...options, pooled });
    try {
      const first = await ask(db);
      if (pooled || !first.pooled) return { db, pooled, first };
      await db.stop();
    } catch (error) {
      await db.stop();
      if (pooled || !isRefusedByPooler(error)) throw await unopened(db.place, options.url, error);
    }
  }
  throw new Error("unreachable");
}

async function ask({ sql }: Database): Promise<First> {
  const [row] = await sql.unsafe(`
    select ${IS_POOLED} as pooled, current_user as login, current_setting('server_version_num')::int as version,
      current_setting('server_version') as shown, current_setting('server_encoding') as encoding,
      pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as readonly,
      has_schema_privilege('public', 'create') or to_regclass('public.timewire_migration') is not null as creates,
      ${LOGIN_SETTINGS} as settings`);
  return row as unknown as First;
}

function check({ db: { place }, pooled, first }: Opened): void {
  const { login, version, shown, encoding, standby, readonly, creates, settings } = first;
  const fail = (reason: string, remedy: string) => {
    throw new AppError("START_FAILED", `Cannot use the database at ${place}: ${reason}; ${remedy}`);
  };
  if (version < OLDEST_SERVER) fail(`PostgreSQL ${shown} is too old`, "use PostgreSQL 14 or later");
  if (encoding !== "UTF8") {
    fail(
      `its encoding is ${encoding}`,
      "make one with: createdb --encoding UTF8 --template template0 --owner LOGIN NAME",
    );
  }
  if (standby) {
    fail(
      "it is a standby, which cannot be written to",
      "name the primary server in DATABASE_URL, or all servers as host1:5432,host2:5432",
    );
  }
  if (readonly) {
    fail(
      "its sessions are read-only",
      `as an administrator run: alter role "${login}" set default_transaction_read_only = off; a hosting service sets it when the disk is full`,
    );
  }
  if (!creates) {
    fail(
      `the login "${login}" may not make tables in its schema public`,
      `as an administrator run there: grant create on schema public to "${login}", or make the database with createdb --owner`,
    );
  }
  const remedies = pooled ? remediesFor(login, settings) : [];
  if (remedies.length > 0) {
    fail(
      "a pooler is between, and the login has settings by which values would be read wrongly",
      `as an administrator run: ${remedies.join("; ")}; and let the pooler open its connections again`,
    );
  }
}

/** By SQLSTATE, where the server answers and refuses. */
const REMEDIES: Record<string, string> = {
  "3D000": "create it (createdb --owner LOGIN NAME), or correct DATABASE_URL",
  "28P01": "correct the login in DATABASE_URL",
  "28000": "correct the login in DATABASE_URL, or allow it in the server's pg_hba.conf",
  "53300": "lower DATABASE_POOL_SIZE of all that use the server, or raise max_connections",
};

async function unopened(place: string, url: string, error: unknown): Promise<AppError> {
  if (error instanceof AppError) return error;
  const { code, message } = error as { code?: string; message: string };
  const [reason, remedy] = await reasonOf(url, { code, message, away: isUnavailable(error) });
  return new AppError("START_FAILED", `Cannot open the database at ${place}: ${reason}; ${remedy}`, { cause: error });
}

async function reasonOf(
  url: string,
  { code = "", message, away }: { code?: string; message: string; away: boolean },
): Promise<[string, string]> {
  const address = readAddress(url);
  if (tlsKind(url) !== "none" && await answersTls(url) === false) {
    return ["the server has no TLS", "switch ssl on in its postgresql.conf, or set sslmode=disable in the address"];
  }
  if (code === "28000" && /no encryption|SSL off/.test(message)) {
    return [message, "add sslmode=require to the address, or sslmode=verify-full with sslrootcert"];
  }
  if (code === "28000" && /client certificate/.test(message)) {
    return [message, "name the login's certificate and key in sslcert and sslkey of the address"];
  }
  if (/fatal alert/.test(message) && address.tls.certificate !== undefined) {
    return [
      `the server does not accept the certificate of sslcert (${message})`,
      "name one that an authority in the server's ssl_ca_file has signed",
    ];
  }
  if (/certificate|UnknownIssuer|NotValidForName|CERT_|SELF_SIGNED/i.test(`${message} ${code}`)) {
    return [
      `its certificate is not accepted (${code || message})`,
      "name the authority's file in sslrootcert, and the host as the certificate has it" +
      (address.tls.raised ? ", or leave channel_binding out of the address" : ""),
    ];
  }
  if (address.places.some(isSocket)) {
    return [
      `no answer at the socket (${code || message})`,
      "start the server, correct the folder (host=%2Fvar%2Frun%2Fpostgresql), and let Timewire read and write it",
    ];
  }
  const reason = away ? `no answer (${code})` : message;
  const remedy = REMEDIES[code] ??
    (code === "ENOTFOUND" || code === "EAI_AGAIN"
      ? "correct the host in DATABASE_URL: its name is unknown here"
      : "start it, or correct DATABASE_URL");
  return [reason, remedy];
}

/** What a server says that is asked for TLS; undefined where it does not answer. */
async function answersTls(url: string): Promise<boolean | undefined> {
  const [place] = readAddress(url).places;
  if (!place || isSocket(place)) return undefined;
  const over = new AbortController();
  const late = setTimeout(() => over.abort(), TLS_ANSWER_MS);
  try {
    using connection = await Deno.connect({ hostname: place.host, port: place.port, signal: over.signal });
    // SSLRequest: its length, and its code.
    await connection.write(new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]));
    const answer = new Uint8Array(1);
    const read = connection.read(answer);
    read.catch(() => {});
    const ended = new Promise<null>((resolve) => over.signal.addEventListener("abort", () => resolve(null)));
    if (await Promise.race([read, ended]) === null) return undefined;
    return answer[0] === 83 ? true : answer[0] === 78 ? false : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(late);
  }
}

const TLS_ANSWER_MS = 2_000;
