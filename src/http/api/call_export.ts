/** GET /ui/calls/export: the requests of a list as a file, JSON or CSV, a line each, written while it is sent. */

import type { Hono } from "hono";
import { z } from "zod";
import type { CallFilter, CallStore } from "../../calls/store.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { oneOf, wholeNumber } from "../server/query.ts";
import { CALL_EXAMPLE, callCursor, callFilter, callFilters, callJson } from "./calls.ts";
import { defineRoute, mount } from "./contract.ts";
import { answerExport, type ExportDeps } from "./export_file.ts";
import { cutAsJson, exportPages } from "./export_pages.ts";

export interface CallExportRoutesDeps extends ExportDeps {
  calls: Pick<CallStore, "list">;
}

const MAX_CALLS = 50_000;
const PAGE_ROWS = 500;
/** Requests of a rare kind are looked for over so many pages: all that an installation may have (retention/call_page.ts). */
const MAX_PAGES = 200;
const FORMATS = ["ndjson", "csv"] as const;
type Format = (typeof FORMATS)[number];

const MEDIA: Record<Format, string> = { ndjson: "application/x-ndjson", csv: "text/csv" };

const exportCalls = defineRoute({
  method: "get",
  path: "/ui/calls/export",
  tag: "Calls",
  summary: "Requests to Clockify as a file, newest first",
  about:
    "One JSON object a line, or with format=csv one row a line below a row of names. Where there are more than `limit`, the last " +
    "line is {truncated: true, next_cursor}; where the file broke off, it is {error}, with `detail` where there is one. In CSV " +
    "these stand in the first cell.",
  who: "member",
  costly: true,
  query: z.object({
    format: oneOf("Form of the file; ndjson unless asked for", FORMATS),
    limit: wholeNumber("Requests of the file", { fallback: 10_000, min: 1, max: MAX_CALLS }),
    cursor: callCursor,
    ...callFilters,
  }),
  answer: {
    status: 200,
    about: "The file",
    media: MEDIA.ndjson,
    otherMedia: [MEDIA.csv],
    headers: { "Content-Disposition": "A name for the file" },
    example: '{"id":"0192f0c1-2345-7abc-8def-0123456789ab","operation_id":"getTags"}\n',
  },
});
export const callExportRoutes = [exportCalls];

export function mountCallExport(app: Hono<AppEnv>, deps: CallExportRoutesDeps) {
  mount(app, deps, exportCalls, async ({ c, login, query }) => {
    const { limit, cursor: before, format = "ndjson" } = query;
    const chunks = readChunks(deps, { login, filter: callFilter(query), limit, before, format });
    const headers = {
      "content-type": `${MEDIA[format]}; charset=utf-8`,
      "content-disposition": `attachment; filename="calls-${login.installation.workspaceId}.${format}"`,
      "x-content-type-options": "nosniff",
    };
    const faultLine = format === "csv" ? (fault: object) => csvCell(JSON.stringify(fault)) : undefined;
    return await answerExport(c, { deps, login, headers, chunks, faultLine });
  });
}

/** Lines of the file, a page at a time; the last says where it was cut, if it was. */
function readChunks(
  deps: CallExportRoutesDeps,
  { login, filter, limit, before, format }: {
    login: Login;
    filter: CallFilter;
    limit: number;
    before?: string;
    format: Format;
  },
): AsyncGenerator<string, void> {
  const { installation, role } = login;
  const lineOf = format === "csv" ? csvLine : (row: object) => `${JSON.stringify(row)}\n`;
  // With the first page: what fails before it is answered as a problem.
  let head = format === "csv" ? `${COLUMNS.join()}\r\n` : "";
  return exportPages(deps, {
    login,
    limit,
    pageRows: PAGE_ROWS,
    maxPages: MAX_PAGES,
    from: before,
    list: async ({ limit, cursor: before }) => {
      const { calls: items, next } = await deps.calls.list(installation.id, filter, { limit, before });
      return { items, next };
    },
    async *lines(calls, { pace }) {
      await pace();
      const lines = head + calls.map((one) => lineOf(callJson(one, role))).join("");
      if (lines !== "") yield lines;
      head = "";
    },
    cut: (next) => format === "csv" ? `${csvCell(cutAsJson(next).trimEnd())}\r\n` : cutAsJson(next),
  });
}

const COLUMNS = Object.keys(CALL_EXAMPLE) as (keyof typeof CALL_EXAMPLE)[];

/** RFC 4180. */
function csvLine(row: Readonly<Record<string, string | number | null>>): string {
  return `${COLUMNS.map((name) => csvCell(row[name])).join()}\r\n`;
}

/** A text that a spreadsheet would take for a formula gets an apostrophe before it. */
function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
