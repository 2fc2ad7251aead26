/** The page that frames add-ons as Clockify does, for people and browser tests: its files and the headers they go with. */

import type { WireAnswer } from "../server.ts";
import type { AddonPage } from "./pages.ts";

const FILES: Record<string, string> = {
  "host.html": "text/html; charset=utf-8",
  "host.css": "text/css; charset=utf-8",
  "host.js": "text/javascript; charset=utf-8",
  "frame.js": "text/javascript; charset=utf-8",
  "samples.js": "text/javascript; charset=utf-8",
  "sim.js": "text/javascript; charset=utf-8",
  "tracker.js": "text/javascript; charset=utf-8",
};

/** Whether the host page answers this path. */
export function isHostPath(path: string): boolean {
  return path === "/" || path === "/host" || path.startsWith("/host/") || path === "/favicon.ico";
}

/** A file of the page; only the add-ons of `pages` may be framed by it. 404 for another name, 405 for another method. */
export async function answerHost(
  { method, path }: { method: string; path: string },
  pages: readonly AddonPage[],
): Promise<WireAnswer> {
  if (method !== "GET") return { status: 405, headers: { allow: "GET" } };
  if (path === "/favicon.ico") return { status: 204 };
  const name = path.startsWith("/host/") ? path.slice("/host/".length) : "host.html";
  const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (type === undefined) return { status: 404, body: JSON.stringify({ message: `No file ${path}` }) };
  return {
    status: 200,
    headers: {
      "content-type": type,
      "content-security-policy": policy(pages),
      "x-content-type-options": "nosniff",
      // Not no-referrer: an add-on may know its host by the referrer alone, as in browsers without ancestorOrigins.
      "referrer-policy": "strict-origin-when-cross-origin",
      "cache-control": "no-store",
    },
    body: await Deno.readTextFile(new URL(name, import.meta.url)),
  };
}

function policy(pages: readonly AddonPage[]): string {
  const framed = [...new Set(pages.map(({ origin }) => origin))];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    `frame-src ${framed.length > 0 ? framed.join(" ") : "'none'"}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}
