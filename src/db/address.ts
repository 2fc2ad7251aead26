/** The address of a PostgreSQL server as libpq writes it: hosts, sockets, several of them, names and passwords with any letter. */

import { AppError } from "../base/errors.ts";

/** One place where the server may be. */
export interface Place {
  /** A name, an address without brackets, or the folder of a socket. */
  host: string;
  port: number;
  /** The name that its certificate must have, where `hostaddr` gives the address. */
  name?: string;
}

/**
 * What the driver does not do, by the values that ask for it, and what to do instead. Passed over, a connection would be less than
 * was asked for.
 */
const UNSERVED: Record<string, { asks(value: string, tls: Pick<Address["tls"], "mode">): boolean; remedy: string }> = {
  channel_binding: {
    asks: (value, { mode }) => value === "require" && (mode === "disable" || mode === "false"),
    remedy: "set sslmode=verify-full, which keeps out whoever sits in between, or leave it out",
  },
  require_auth: { asks: () => true, remedy: "leave it out, and have the server's pg_hba.conf demand it" },
  requirepeer: { asks: () => true, remedy: "leave it out" },
  gssencmode: { asks: (value) => value === "require", remedy: "leave it out, and set sslmode=verify-full" },
  sslcrl: { asks: () => true, remedy: "leave it out" },
  sslcrldir: { asks: () => true, remedy: "leave it out" },
  sslpassword: { asks: () => true, remedy: "leave it out, and name a key without a password in sslkey" },
};

/** What is sent nowhere: libpq's own, and what its like for other drivers is called. */
const OURS = new Set([
  ...["host", "hostaddr", "port", "user", "password", "dbname", "connect_timeout", "application_name"],
  ...["sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "sslnegotiation", "sslcompression", "sslcrl", "sslcrldir"],
  ...[
    "sslsni",
    "sslpassword",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "channel_binding",
    "require_auth",
    "requirepeer",
  ],
  ...["gssencmode", "gsslib", "gssdelegation", "krbsrvname", "fallback_application_name", "client_encoding"],
  ...["keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "passfile"],
  ...[
    "load_balance_hosts",
    "target_session_attrs",
    "service",
    "pgbouncer",
    "connection_limit",
    "pool_timeout",
    "schema",
  ],
  ...["prepare", "max"],
]);

/** What `target_session_attrs` may ask for: a server that can be written to, or any. */
const SESSIONS: Record<string, "any" | "primary"> = {
  any: "any",
  "read-write": "primary",
  primary: "primary",
};

export interface Address {
  /** In the order in which they are asked; at least one. */
  places: Place[];
  /** Absent: the driver's own default. */
  user?: string;
  password?: string;
  database?: string;
  /** Whether a place that is a standby is passed over. */
  target: "any" | "primary";
  /** Whether the address says that a pooler is between (`pgbouncer=true`). */
  pooled: boolean;
  /** What the address has of TLS. */
  tls: {
    mode?: string;
    /** True where `channel_binding=require` made of another sslmode verify-full. */
    raised?: true;
    rootCertificates?: string;
    certificate?: string;
    key?: string;
  };
  /** What is left of the query: settings of each session. */
  settings: Record<string, string>;
}

const DEFAULT_PORT = 5432;
const ENCODED = "in a password / is written %2F, ? %3F, @ %40 and % %25";

/** Throws CONFIG_INVALID with what to change; the sentence holds nothing of the address. */
export function readAddress(url: string): Address {
  const parts = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(url);
  if (!parts) throw unreadable("it is no address such as postgresql://user:password@host:5432/timewire");
  const [, authority = "", path = "", query = ""] = parts;
  if (!authority.includes("@") && path.includes("@")) throw unreadable(`its password holds a /; ${ENCODED}`);
  const at = authority.lastIndexOf("@");
  const [login, hosts] = at === -1 ? ["", authority] : [authority.slice(0, at), authority.slice(at + 1)];
  const colon = login.indexOf(":");
  const asked = new URLSearchParams(query);
  const named = (name: string, fallback: string) => asked.get(name) ?? (decoded(fallback) || undefined);
  const writtenMode = asked.get("sslmode") ?? asked.get("ssl") ?? undefined;
  // The driver binds no channel: chain and name of the certificate keep out the same, whoever sits in between.
  const mode = asked.get("channel_binding") === "require" ? "verify-full" : writtenMode;
  const tls = {
    ...(mode !== undefined && { mode }),
    ...(mode !== writtenMode && { raised: true as const }),
    ...present("rootCertificates", asked.get("sslrootcert")),
    ...present("certificate", asked.get("sslcert")),
    ...present("key", asked.get("sslkey")),
  };
  for (const [name, { asks, remedy }] of Object.entries(UNSERVED)) {
    const value = asked.get(name);
    if (value && asks(value, { mode: writtenMode })) {
      throw unreadable(`it asks for ${name}, which Timewire does not do; ${remedy}`);
    }
  }
  const places = readPlaces(asked.get("host") ?? hosts, asked.get("port"));
  return {
    places: atAddresses(places, { hostaddr: asked.get("hostaddr"), isNamed: (asked.get("host") ?? hosts) !== "" }),
    user: named("user", colon === -1 ? login : login.slice(0, colon)),
    password: named("password", colon === -1 ? "" : login.slice(colon + 1)),
    database: named("dbname", path),
    target: readTarget(asked.get("target_session_attrs"), hosts.includes(",") || !!asked.get("host")?.includes(",")),
    pooled: ["true", "1"].includes(asked.get("pgbouncer") ?? ""),
    tls,
    settings: Object.fromEntries([...asked].filter(([name]) => !OURS.has(name))),
  };
}

/** Host, port and database of an address, without user and password. */
export function describeUrl(url: string): string {
  try {
    const { places, database } = readAddress(url);
    return `${places.map(describePlace).join(",")}/${database ?? ""}`;
  } catch {
    // Redis has addresses too.
    const { hostname, port, pathname } = URL.parse(url) ?? { hostname: "" };
    return hostname === "" ? "the configured database" : `${hostname}:${port || DEFAULT_PORT}${pathname}`;
  }
}

/** As in an address. */
export function describePlace({ host, port }: Place): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Whether it is the folder of a socket. */
export function isSocket({ host }: Place): boolean {
  return host.startsWith("/");
}

function readPlaces(hosts: string, ports: string | null): Place[] {
  const portList = ports === null || ports === "" ? [] : ports.split(",");
  const names = hosts.split(",");
  if (portList.length > 1 && portList.length !== names.length) {
    throw unreadable("its port has another number of values than its host");
  }
  const places = names.map((name, index): Place => {
    const found = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(name) ??
      // An IPv6 address of the query has no brackets.
      (/^[0-9a-f:.]+$/i.test(name) ? [name, name, undefined, undefined] : null);
    if (!found) {
      throw unreadable(`a host or port is none; an IPv6 address is written in brackets, as in [::1]:5432; ${ENCODED}`);
    }
    const port = Number(found[3] || portList[index] || portList[0] || DEFAULT_PORT);
    if (!(port > 0 && port <= 65_535)) throw unreadable("a port of it is none from 1 to 65535");
    return { host: found[1] ?? (decoded(found[2] ?? "") || "localhost"), port };
  });
  if (places.length > 1 && places.some(isSocket)) {
    throw unreadable("it names a socket beside other hosts; name the socket alone, or hosts alone");
  }
  return places;
}

/** `hostaddr` says where to connect to; the host beside it is then the name of the certificate alone. */
function atAddresses(
  places: Place[],
  { hostaddr, isNamed }: { hostaddr: string | null; isNamed: boolean },
): Place[] {
  if (!hostaddr) return places;
  const [only] = places;
  if (places.length > 1 || !only || hostaddr.includes(",")) {
    throw unreadable("it names several hosts beside hostaddr; leave hostaddr out");
  }
  if (!/^[0-9a-f:.]+$/i.test(hostaddr)) throw unreadable("its hostaddr is no IP address; write a name as host");
  return [{ host: hostaddr, port: only.port, ...(isNamed && { name: only.host }) }];
}

function readTarget(given: string | null, several: boolean): Address["target"] {
  if (given === null) return several ? "primary" : "any";
  const target = SESSIONS[given];
  if (target) return target;
  throw unreadable(
    `it asks for target_session_attrs=${/^[a-z-]{1,20}$/.test(given) ? given : "?"}, and Timewire writes: ` +
      "set read-write, primary or any",
  );
}

function present<Name extends string>(name: Name, value: string | null): { [name in Name]?: string } {
  return (value === null ? {} : { [name]: value }) as { [name in Name]?: string };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable(`it holds a % that begins no code; ${ENCODED}`);
  }
}

function unreadable(problem: string): AppError {
  return new AppError("CONFIG_INVALID", `Cannot read the address of the database: ${problem}`);
}
