/** TLS settings of a database connection, read from its address in the words of libpq (sslmode, sslrootcert). */

import { AppError } from "../base/errors.ts";
import { type Address, isSocket, readAddress } from "./address.ts";

/** `unchecked`: whoever sits in between may show a certificate of their own. */
export type TlsKind = "none" | "unchecked" | "checked";

/** Without `sslmode`, or with one that continues without TLS where the server has none, TLS is not certain. */
const WEAK_MODES: Record<string, TlsKind> = {
  disable: "none",
  false: "none",
  prefer: "none",
  allow: "none",
  require: "unchecked",
  "no-verify": "unchecked",
};

/** What a connection to this address has. Who names certificates to check against wants them checked, whatever the mode. */
export function tlsKind(url: string): TlsKind {
  return kindOf(readAddress(url).tls);
}

function kindOf({ mode, rootCertificates }: Address["tls"]): TlsKind {
  if (rootCertificates !== undefined && mode !== "disable") return "checked";
  return mode === undefined ? "none" : WEAK_MODES[mode] ?? "checked";
}

/** What the driver is given: "prefer" is TLS where the server has it; undefined none. */
export type DriverTls = "prefer" | {
  rejectUnauthorized: boolean;
  host?: string;
  servername?: string;
  ca?: string;
  cert?: string;
  key?: string;
  checkServerIdentity?: () => undefined;
} | undefined;

/**
 * TLS as `sslmode` asks for it. The name in the certificate is checked too, but for `verify-ca` with an authority of one's
 * own, as libpq does: with everybody's authorities the chain alone would prove nothing. Throws START_FAILED when a file
 * that the address names cannot be read.
 */
export function driverTls({ tls, places }: Pick<Address, "tls" | "places">): DriverTls {
  const { mode, rootCertificates, certificate, key } = tls;
  const kind = kindOf(tls);
  if (places.some(isSocket)) return undefined;
  if (kind === "none") return mode === "prefer" || mode === "allow" ? "prefer" : undefined;
  const own = {
    ...(certificate !== undefined && { cert: readFile("sslcert", certificate) }),
    ...(key !== undefined && { key: readFile("sslkey", key) }),
  };
  const [only] = places.length === 1 ? places : [];
  const named = only?.name !== undefined && { servername: only.name };
  if (kind === "unchecked") return { rejectUnauthorized: false, ...named, ...own };
  const ca = rootCertificates === undefined || rootCertificates === "system"
    ? undefined
    : readFile("sslrootcert", rootCertificates);
  return {
    rejectUnauthorized: true,
    // Absent with several hosts, where each connection has the name of its own.
    ...(only && { host: only.name ?? only.host }),
    ...named,
    ...(ca !== undefined && { ca }),
    ...(mode === "verify-ca" && ca !== undefined && { checkServerIdentity: () => undefined }),
    ...own,
  };
}

function readFile(name: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw new AppError("START_FAILED", `Cannot read the file of ${name} "${path}"; correct the address`, { cause });
  }
}
