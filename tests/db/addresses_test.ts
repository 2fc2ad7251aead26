/** Addresses of PostgreSQL as people have them: sockets, IPv6, several hosts, each sslmode; and what is said where one does not serve. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { openDatabase } from "../../src/app/open_database.ts";
import { describeUrl, readAddress } from "../../src/db/address.ts";
import { migrateUp } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { driverTls } from "../../src/db/tls.ts";
import { assertThrowsLike } from "../support/assert_like.ts";
import { makeCertificates } from "../support/certificates.ts";
import { SERVER_URL } from "../support/database.ts";
import { type PostgresServer, startPostgres } from "../support/postgres_server.ts";
import { eventually } from "../support/world.ts";

const CONFIG = { database: { dataDir: "", poolSize: 2, prepare: true, echo: false } };
const PASSWORD = "p@ss:w#r[d";
/** What the driver is given for a certificate that is checked by everybody's authorities. */
const CHECKED = { rejectUnauthorized: true, host: "db" };

Deno.test("readAddress() reads what libpq reads, and more of a password", () => {
  const places = (url: string) => readAddress(url).places.map(({ host, port }) => `${host} ${port}`);
  for (
    const [url, ...expected] of [
      ["postgresql://u@db.example/x", "db.example 5432"],
      ["postgres://u@[2001:db8::1]:6432/x", "2001:db8::1 6432"],
      ["postgres://u@::1/x", "::1 5432"],
      ["postgres://u@a,b:6432,[::1]/x", "a 5432", "b 6432", "::1 5432"],
      ["postgres://u@%2Fvar%2Frun%2Fpostgresql/x", "/var/run/postgresql 5432"],
      ["postgres:///x?host=/run/postgresql&port=5433&user=u", "/run/postgresql 5433"],
      ["postgres://u@/x?host=a,b&port=1,2", "a 1", "b 2"],
      ["postgres://u@db.example:5433/x?hostaddr=10.0.0.7", "10.0.0.7 5433"],
      ["postgres://u@/x?hostaddr=2001:db8::7", "2001:db8::7 5432"],
    ] as const
  ) assertEquals(places(url), expected, url);
  const { user, password, database, settings } = readAddress(
    `postgres://a%40b:${PASSWORD}@db/my%20data?sslmode=verify-full&channel_binding=require&work_mem=8MB`,
  );
  assertEquals([user, password, database, settings], ["a@b", PASSWORD, "my data", { work_mem: "8MB" }]);
  // As hosting services write their addresses.
  for (const mode of ["sslmode=require&", "sslmode=prefer&", ""]) {
    const { tls } = readAddress(`postgres://u@db/x?${mode}channel_binding=require`);
    assertEquals([tls.mode, driverTls({ tls, places: [{ host: "db", port: 5432 }] })], ["verify-full", CHECKED], mode);
  }
  assertEquals(["a,b", "a"].map((hosts) => readAddress(`postgres://${hosts}/x`).target), ["primary", "any"]);
  assertEquals(describeUrl(`postgres://u:${PASSWORD}@[::1],b:1/x?sslmode=require`), "[::1]:5432,b:1/x");
});

Deno.test("readAddress() says what to change, and nothing of the address", () => {
  for (
    const [rest, sentence] of [
      ["u:se/cret@db/x", /password holds a \/; in a password \/ is written %2F/],
      ["u:se%cret@db/x", /holds a % that begins no code; .* % %25/],
      ["u:secret@db:54x2/x", /IPv6 address is written in brackets/],
      ["u:secret@db:70000/x", /a port of it is none from 1 to 65535/],
      [
        "u:secret@db/x?target_session_attrs=standby",
        /target_session_attrs=standby, and Timewire writes: set read-write/,
      ],
      ["u:secret@%2Frun,db/x", /names a socket beside other hosts/],
      ["u:secret@a,b/x?hostaddr=10.0.0.7", /names several hosts beside hostaddr; leave hostaddr out/],
      ["u:secret@a/x?hostaddr=db.secret", /its hostaddr is no IP address; write a name as host/],
      ["u:secret@db/x?sslmode=disable&channel_binding=require", /asks for channel_binding, .* set sslmode=verify-full/],
      ["u:secret@db/x?require_auth=scram-sha-256", /asks for require_auth, which Timewire does not do; leave it out/],
      ["u:secret@db/x?sslkey=/k.pem&sslpassword=secret", /asks for sslpassword, .* a key without a password in sslkey/],
    ] as const
  ) {
    assertThrowsLike(() => readAddress(`postgres://${rest}`), { code: "CONFIG_INVALID", message: sentence }, rest);
    assertThrowsLike(() => readAddress(`postgres://${rest}`), (error: Error) => !error.message.includes("cret"), rest);
  }
});

const ignore = SERVER_URL === undefined;

Deno.test({
  name: "a server is reached by socket, IPv6, several hosts and each sslmode, and a refusal says what to do",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const { ca, cert, key } = await makeCertificates(folder, "localhost");
    await makeOther(folder);
    const own = `${folder}/own`;
    await Deno.mkdir(own);
    const clients = await makeCertificates(own, "certain");
    const server = (await startPostgres({
      settings: { listen_addresses: "127.0.0.1,::1", ssl: "on", ssl_ca_file: "clients.crt", fsync: "off" },
      files: { "server.crt": cert, "server.key": key, "clients.crt": clients.ca, "pg_hba.conf": BY_CERTIFICATE },
    }))!;
    const plain = (await startPostgres({ settings: { fsync: "off" }, files: { "standby.signal": "" } }))!;
    const { port } = new URL(server.url);
    const { port: plainPort } = new URL(plain.url);
    await Deno.writeTextFile(`${folder}/root.crt`, ca);
    const admin = openPostgres({ url: server.url, poolSize: 1, applicationName: "timewire-tests" });
    await admin.sql.unsafe("create role certain login superuser");
    const root = `sslrootcert=${folder}/root.crt`;
    const other = `sslrootcert=${folder}/other.pem`;
    /** Whether the session has TLS, or the sentence of the refusal. */
    const reach = async (rest: string) => {
      try {
        const db = await openDatabase(`postgres://${rest.includes("@") ? "" : "postgres@"}${rest}`, CONFIG);
        const [row] = await db.sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
        await db.stop();
        return row!.ssl;
      } catch (error) {
        return (error as Error).message;
      }
    };
    try {
      for (
        const [rest, expected] of [
          [`/postgres?host=${server.socketFolder}&port=${port}&sslmode=require`, false],
          [`[::1]:${port}/postgres`, false],
          [`127.0.0.1:${plainPort},127.0.0.1:${port}/postgres`, false],
          [`127.0.0.1:1,localhost:${plainPort},localhost:${port}/postgres?sslmode=verify-full&${root}`, true],
          [`localhost:${port}/postgres?sslmode=disable`, false],
          [`localhost:${port}/postgres?sslmode=prefer`, true],
          [
            `localhost:${plainPort}/postgres?sslmode=prefer`,
            /it is a standby, which cannot be written to; name the primary/,
          ],
          [`localhost:${port}/postgres?sslmode=require`, true],
          [`localhost:${port}/postgres?sslmode=no-verify`, true],
          [`localhost:${port}/postgres?sslmode=verify-ca&${root}`, true],
          [`127.0.0.1:${port}/postgres?sslmode=verify-ca&${root}`, true],
          [`localhost:${port}/postgres?sslmode=verify-full&${root}`, true],
          [
            `127.0.0.1:${port}/postgres?sslmode=verify-full&${root}`,
            /its certificate is not accepted .* the host as the/,
          ],
          [`localhost:${port}/postgres?sslmode=require&channel_binding=require&${root}`, true],
          [
            `localhost:${port}/postgres?sslmode=require&channel_binding=require`,
            /its certificate is not accepted .*, or leave channel_binding out of the address/,
          ],
          [`localhost:${port}/postgres?sslmode=verify-full&${root}&hostaddr=127.0.0.1`, true],
          [
            `db.example:${port}/postgres?sslmode=verify-full&${root}&hostaddr=127.0.0.1`,
            /its certificate is not accepted .* the host as the/,
          ],
          [`/postgres?hostaddr=::1&port=${port}`, false],
          [`certain@localhost:${port}/postgres?sslmode=verify-full&${root}&${login(own)}`, true],
          [`certain@localhost:${port}/postgres?sslmode=require&${login(own)}`, true],
          [
            `certain@localhost:${port}/postgres?sslmode=require`,
            /a valid client certificate; name the login's certificate and key in sslcert and sslkey/,
          ],
          [
            `certain@localhost:${port}/postgres?sslmode=require&${login(folder)}`,
            /does not accept the certificate of sslcert .*; name one that an authority in the server's ssl_ca_file/,
          ],
          [
            `certain@localhost:${port}/postgres?sslmode=require&sslcert=/none`,
            /Cannot read the file of sslcert "\/none"/,
          ],
          [
            `localhost:${port}/postgres?sslmode=verify-ca&${other}`,
            /its certificate is not accepted .* name the authority's/,
          ],
          [`localhost:${port}/postgres?sslmode=verify-full`, /its certificate is not accepted/],
          [
            `localhost:${plainPort}/postgres?sslmode=require`,
            /the server has no TLS; switch ssl on .* sslmode=disable/,
          ],
          [`127.0.0.1:${plainPort},127.0.0.1:1/postgres`, /it is a standby/],
          [`127.0.0.1:1/postgres`, /no answer \(ECONNREFUSED\); start it/],
          [`/postgres?host=/nowhere`, /no answer at the socket .* correct the folder/],
          [`127.0.0.1:${port}/none`, /database "none" does not exist; create it \(createdb/],
        ] as const
      ) {
        const got = await reach(rest);
        if (typeof expected === "boolean") assertEquals(got, expected, rest);
        else assertMatch(String(got), expected, rest);
      }
      await assertPooled(server.url);
      await assertOddLogins(server.url, admin);
      await assertFailover(server, plain);
    } finally {
      await admin.stop();
      await Promise.all([server.stop(), plain.stop()]);
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** A login that proves itself by a certificate; all others may come. */
const BY_CERTIFICATE =
  "hostssl all certain all cert\nhost all certain all reject\nlocal all all trust\nhost all all all trust\n";

const login = (folder: string) => `sslcert=${folder}/cert.pem&sslkey=${folder}/key.pem`;

/** As a pooler that drops settings, one that an address names, and one that an operator knows of. */
async function assertPooled(url: string) {
  for (
    const [address, prepare, pooled] of [
      [url, true, false],
      [`${url}?timewire.session=dropped`, true, true],
      [`${url}?pgbouncer=true`, true, true],
      [url, false, true],
    ] as const
  ) {
    const db = await openDatabase(address, { database: { ...CONFIG.database, prepare } });
    assertEquals(db.pooled, pooled, address);
    await db.stop();
  }
}

/** The primary ends, and what was a standby becomes one. */
async function assertFailover(first: PostgresServer, second: PostgresServer) {
  const hosts = [first, second].map(({ url }) => new URL(url).host);
  const db = openPostgres({
    url: `postgres://postgres@${hosts}/postgres`,
    poolSize: 2,
    applicationName: "timewire-tests",
  });
  const port = async () => (await db.sql<{ port: string }[]>`select current_setting('port') as port`)[0]!.port;
  assertEquals(await port(), new URL(first.url).port);
  await first.stop();
  const other = openPostgres({ url: second.url, poolSize: 1, applicationName: "timewire-tests" });
  await other.sql`select pg_promote()`;
  await other.stop();
  assertEquals(await eventually(() => port().catch(() => undefined)), new URL(second.url).port);
  await db.stop();
}

/** An authority that signed nothing of the server's. */
async function makeOther(folder: string) {
  await makeCertificates(folder, "other");
  await Deno.rename(`${folder}/ca.pem`, `${folder}/other.pem`);
  await makeCertificates(folder, "localhost");
}

/** Logins with settings of their own, and those that may not do what is needed. */
async function assertOddLogins(url: string, admin: ReturnType<typeof openPostgres>) {
  const of = (login: string, database: string) => {
    const address = new URL(url);
    address.username = login;
    address.pathname = `/${database}`;
    return address.href;
  };
  await admin.sql.unsafe("create role odd login");
  await admin.sql.unsafe("create database odd owner odd");
  await admin.sql.unsafe("create database latin encoding 'LATIN1' template template0 locale 'C' owner odd");
  await admin.sql.unsafe(`
    alter role odd set DateStyle = 'SQL, DMY'; alter role odd set TimeZone = 'Pacific/Auckland';
    alter role odd set standard_conforming_strings = off; alter role odd set search_path = elsewhere;
    alter role odd set statement_timeout = 1; alter role odd set bytea_output = 'escape'; alter role odd set row_security = off;
    alter role odd set default_transaction_isolation = 'serializable'; alter role odd set client_encoding = 'LATIN1'`);
  const db = await openDatabase(of("odd", "odd"), CONFIG);
  await migrateUp(db);
  const [row] = await db.sql<{ at: Date; bytes: Uint8Array; text: string; schema: string }[]>`
    select timestamptz '2026-02-01T00:30:00Z' as at, '\\x00ff'::bytea as bytes, 'a\\b' as text,
      (select relnamespace::regnamespace::text from pg_class where relname = 'event') as schema from pg_sleep(0.01)`;
  assertEquals([row!.at.toISOString(), [...row!.bytes], row!.text, row!.schema], [
    "2026-02-01T00:30:00.000Z",
    [0, 255],
    "a\\b",
    "public",
  ]);
  await db.stop();
  const refused = async (login: string, database: string, sentence: RegExp) =>
    assertMatch((await assertRejects(() => openDatabase(of(login, database), CONFIG), Error)).message, sentence);
  await refused("odd", "latin", /its encoding is LATIN1; make one with: createdb --encoding UTF8/);
  await admin.sql.unsafe("create role bare login; create role above login bypassrls");
  await admin.sql.unsafe("create database bare");
  await admin.sql.unsafe("revoke create on database bare from public");
  const bare = openPostgres({ url: of("postgres", "bare"), poolSize: 1, applicationName: "timewire-tests" });
  await bare.sql.unsafe("revoke create on schema public from public");
  await refused(
    "bare",
    "bare",
    /may not make tables in its schema public; .* run there: grant create on schema public to "bare"/,
  );
  await admin.sql.unsafe("alter role odd set default_transaction_read_only = on");
  await refused(
    "odd",
    "odd",
    /its sessions are read-only; .* alter role "odd" set default_transaction_read_only = off/,
  );
  // A login above row-level security that may make no role: first refused, then as the sentence says.
  await bare.sql.unsafe("grant create on schema public to above");
  const above = await openDatabase(of("above", "bare"), CONFIG);
  const { message } = await assertRejects(() => above.bind(), Error);
  const [, remedy] = /, or: (create role timewire_app; grant timewire_app to "above")$/.exec(message)!;
  await admin.sql.unsafe(remedy!);
  await migrateUp(above);
  const [{ role }] = await above.scoped("all", (sql) => sql<[{ role: string }]>`select current_user as role`);
  assertEquals(role, "timewire_app");
  await above.stop();
  await bare.stop();
}
