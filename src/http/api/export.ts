/** GET /ui/webhooks/export: the events of a list as a file, one JSON object a line, written while it is sent. */

import type { Hono } from "hono";
import { z } from "zod";
import { MAX_SHOWN_BYTES } from "../../events/payload.ts";
import type { EventRow } from "../../events/rows.ts";
import type { EventFilter, EventStore } from "../../events/store.ts";
import { redactHeaders } from "../../telemetry/redact.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { eventFilter, eventFilters } from "./event_filter.ts";
import { eventRowJson, redactedBody, wholeBody } from "./events.ts";
import { answerExport, type ExportDeps } from "./export_file.ts";
import { cutAsJson, exportPages } from "./export_pages.ts";
import { idCursor } from "./schemas.ts";

export interface ExportRoutesDeps extends ExportDeps {
  events: Pick<EventStore, "list" | "contents">;
}

const MAX_EVENTS = 50_000;
const PAGE_ROWS = 200;
/** Rows of a rare kind are looked for over so many pages. */
const MAX_PAGES = 1_000;
/** Bodies that are read at once, together; one alone may have more. */
const CHUNK_BYTES = 4_000_000;

const exportEvents = defineRoute({
  method: "get",
  path: "/ui/webhooks/export",
  tag: "Events",
  summary: "Events as a file, newest first",
  about:
    "One JSON object a line: an event with its headers and body, for members redacted. Where there are more than `limit`, the last " +
    "line is {truncated: true, next_cursor}; where the file broke off, it is {error}, with `detail` where there is one.",
  who: "member",
  costly: true,
  query: z.object({
    limit: wholeNumber("Events of the file", { fallback: 10_000, min: 1, max: MAX_EVENTS }),
    cursor: idCursor,
    ...eventFilters,
  }),
  answer: {
    status: 200,
    about: "The file",
    media: "application/x-ndjson",
    headers: { "Content-Disposition": "A name for the file" },
    example: '{"id":"4711","event_type":"NEW_TIME_ENTRY"}\n{"truncated":true,"next_cursor":"4711"}\n',
  },
});
export const exportRoutes = [exportEvents];

export function mountExport(app: Hono<AppEnv>, deps: ExportRoutesDeps) {
  mount(app, deps, exportEvents, async ({ c, login, query }) => {
    const { installation, role } = login;
    const { limit, cursor: beforeId } = query;
    const filter = eventFilter(query, role);
    const chunks = readChunks(deps, { login, filter, limit, beforeId });
    const headers = {
      "content-type": "application/x-ndjson; charset=utf-8",
      "content-disposition": `attachment; filename="events-${installation.workspaceId}.ndjson"`,
      "x-content-type-options": "nosniff",
    };
    return await answerExport(c, { deps, login, headers, chunks });
  });
}

/** Lines of the file, some at a time; the last says where it was cut, if it was. */
function readChunks(
  deps: ExportRoutesDeps,
  { login, filter, limit, beforeId }: {
    login: Login;
    filter: EventFilter;
    limit: number;
    beforeId?: number;
  },
): AsyncGenerator<string, void> {
  const { events } = deps;
  const { installation: { id: installationId }, role } = login;
  return exportPages(deps, {
    login,
    limit,
    pageRows: PAGE_ROWS,
    maxPages: MAX_PAGES,
    from: beforeId,
    list: async ({ limit, cursor: beforeId }) => {
      const page = await events.list(installationId, filter, { limit, offset: 0, beforeId });
      return { items: page.events, next: page.nextCursor };
    },
    async *lines(page, { read, pace }) {
      for (const rows of chunksOf(page)) {
        yield await read(async () => {
          const contents = await events.contents(installationId, rows.map(({ id }) => id));
          let lines = "";
          for (const row of rows) {
            const content = contents.get(row.id);
            if (!content) continue;
            await pace();
            // A large body is in the file by its bytes: it takes no longer than its length.
            const isLarge = row.payloadSize > MAX_SHOWN_BYTES;
            const shown = role === "admin" ? wholeBody(content, row, isLarge) : redactedBody(content, row);
            const headers = redactHeaders(Object.entries(content.headers));
            lines += `${JSON.stringify({ ...eventRowJson(row, role), headers, ...shown })}\n`;
          }
          return lines;
        });
      }
    },
    cut: (next) => cutAsJson(String(next)),
  });
}

function chunksOf(rows: readonly EventRow[]): EventRow[][] {
  const chunks: EventRow[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    if (bytes + row.payloadSize > CHUNK_BYTES) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(row);
    bytes += row.payloadSize;
  }
  return chunks;
}
