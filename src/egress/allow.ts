/** EGRESS_ALLOW: private targets that an operator opens, each by its exact host and port. */

import { AppError } from "../base/errors.ts";

/** `host:port` pairs, hosts as URL.hostname spells them. */
export type EgressAllow = ReadonlySet<string>;

/** Reads `127.0.0.1:9000,[::1]:9000,hooks.internal:8443`. Throws CONFIG_INVALID naming the entry. */
export function parseEgressAllow(list: string): EgressAllow {
  const entries = list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  return new Set(entries.map((entry) => {
    const port = /:(\d{1,5})$/.exec(entry)?.[1];
    const url = URL.parse(`http://${entry}/`);
    const plain = url && port !== undefined && Number(port) > 0 && Number(port) < 65_536 && url.pathname === "/" &&
      !url.username && !url.password && !url.search && !url.hash && !url.hostname.includes("*");
    if (!plain) {
      throw new AppError("CONFIG_INVALID", `Cannot read EGRESS_ALLOW: entry "${entry}" is not host:port`, {
        details: { entry },
      });
    }
    return `${url.hostname}:${Number(port)}`;
  }));
}
