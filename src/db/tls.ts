/** TLS settings of a database connection, read from its address in the words of libpq (sslmode, sslrootcert). */

import { AppError } from "../base/errors.ts";

/** `unchecked`: whoever sits in between may show a certificate of their own. */
export type TlsKind = "none" | "unchecked" | "checked";

/** Without `sslmode`, or with one that continues without TLS where the server has none, TLS is not certain. */
const WEAK_MODES: Record<string, TlsKind> = {
  disable: "none",
  false: "none",
  prefer: "none",
  allow: "none",
  require: "unchecked",
};

/** What a connection to this address has. Who names certificates to check against wants them checked, whatever the mode. */
export function tlsKind(url: string): TlsKind {
  const { searchParams } = new URL(url);
  if (searchParams.has("sslrootcert")) return "checked";
  const mode = searchParams.get("sslmode") ?? searchParams.get("ssl");
  return mode === null ? "none" : WEAK_MODES[mode] ?? "checked";
}

export interface DriverTls {
  /** The address without what the driver would take for a setting of the server. */
  url: string;
  /** Undefined: the driver does by itself what `sslmode` says. */
  ssl?: { rejectUnauthorized: true; host: string; ca?: string };
}

/**
 * What the driver is given. It reads `sslmode` and knows no `sslrootcert`: the certificates of that file are handed over
 * here. Name and chain are checked by every mode that checks, verify-ca too. Throws START_FAILED when the file cannot be
 * read.
 */
export function driverTls(address: string): DriverTls {
  if (tlsKind(address) !== "checked") return { url: address };
  const url = new URL(address);
  const file = url.searchParams.get("sslrootcert");
  url.searchParams.delete("sslrootcert");
  return {
    url: url.href,
    ssl: {
      rejectUnauthorized: true,
      host: url.hostname.replace(/^\[|\]$/g, ""),
      ...(file !== null && file !== "system" && { ca: readCertificates(file) }),
    },
  };
}

function readCertificates(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (cause) {
    throw new AppError("START_FAILED", `Cannot read the certificates of sslrootcert "${file}"; correct the address`, {
      cause,
    });
  }
}
