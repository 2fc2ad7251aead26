/** GET /ui/webhooks/export: the events of a list as a file, one JSON object a line, written while it is sent. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { AppError } from "../../base/errors.ts";
import { MAX_SHOWN_BYTES } from "../../events/payload.ts";
import type { EventRow } from "../../events/rows.ts";
import type { EventFilter, EventPage, EventStore } from "../../events/store.ts";
import type { Installation } from "../../installations/store.ts";
import type { Logger } from "../../telemetry/log.ts";
import { redactHeaders } from "../../telemetry/redact.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { problemOf } from "../server/problem.ts";
import { wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { eventFilter, eventFilters, eventRowJson, redactedBody, wholeBody } from "./events.ts";
import { streamChunks } from "./export_stream.ts";
import { idCursor } from "./schemas.ts";

export interface ExportRoutesDeps extends AuthDeps {
  events: Pick<EventStore, "list" | "contents">;
  /** Aborts when the program stops: an export in progress is cut off. */
  stopping: AbortSignal;
  clock: Clock;
  log: Logger;
}

const MAX_EVENTS = 50_000;
const PAGE_ROWS = 200;
/** Rows of a rare kind are looked for over so many pages. */
const MAX_PAGES = 1_000;
/** Bodies that are read at once, together; one alone may have more. */
const CHUNK_BYTES = 4_000_000;
/** Exports of one installation at once: each holds a chunk in memory while its reader takes nothing. */
const MAX_OPEN = 4;
/** The others are kept for admins and operators. */
const MAX_OPEN_OF_MEMBERS = 2;
const RETRY_MS = 5_000;

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
  const open = createPlaces();
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
    if (c.req.raw.method === "HEAD") return c.body(null, 200, headers);
    const leave = open.enter(installation.id, role);
    let first: IteratorResult<string, void>;
    try {
      // What fails before anything is sent is answered as a problem.
      first = await chunks.next();
    } catch (error) {
      leave();
      throw error;
    }
    const body = streamChunks(first, chunks, {
      clock: deps.clock,
      stopping: deps.stopping,
      onOver: leave,
      onFault: (error) => {
        const { error: { code, message }, status } = problemOf(error, c.env.requestId);
        deps.log.warn("export.failed", { request_id: c.env.requestId, error });
        return JSON.stringify({
          error: status === 500 ? "INTERNAL" : code,
          ...(status !== 500 && { detail: message }),
        });
      },
    });
    return c.body(body, 200, headers);
  });
}

/** Counts what is in progress for each installation, and of it what its members have. */
function createPlaces() {
  const taken = new Map<string, number>();
  const add = (key: string, change: number) => {
    const count = (taken.get(key) ?? 0) + change;
    if (count === 0) taken.delete(key);
    else taken.set(key, count);
  };
  return {
    /** Gives what ends the stay. Throws RATE_LIMITED with `details.retryInMs`. */
    enter(installationId: number, role: Login["role"]): () => void {
      const all = String(installationId);
      const members = `${all} members`;
      const isFull = (taken.get(all) ?? 0) >= MAX_OPEN;
      if (isFull || (role === "member" && (taken.get(members) ?? 0) >= MAX_OPEN_OF_MEMBERS)) {
        const open = isFull ? `${MAX_OPEN} exports of the workspace` : `${MAX_OPEN_OF_MEMBERS} exports of its members`;
        throw new AppError("RATE_LIMITED", `Cannot export: ${open} are in progress`, {
          retryable: true,
          details: { retryInMs: RETRY_MS },
        });
      }
      const keys = role === "member" ? [all, members] : [all];
      for (const key of keys) add(key, 1);
      let stays = true;
      return () => {
        if (!stays) return;
        stays = false;
        for (const key of keys) add(key, -1);
      };
    },
  };
}

/** Lines of the file, some at a time; the last says where it was cut, if it was. */
async function* readChunks(
  deps: ExportRoutesDeps,
  { login, filter, limit, beforeId }: {
    login: Login;
    filter: EventFilter;
    limit: number;
    beforeId?: number;
  },
): AsyncGenerator<string, void> {
  const { events, costly } = deps;
  const { installation, role } = login;
  const installationId = installation.id;
  const pace = deps.thread.pace(String(installationId));
  const reader = readerOf(login);
  let left = limit;
  let cursor: number | null | undefined = beforeId;
  for (let pages = 0; pages < MAX_PAGES && left > 0 && cursor !== null; pages++) {
    if (pages > 0) await requireStill(installation, deps);
    const at: Parameters<EventStore["list"]>[2] = { limit: Math.min(left, PAGE_ROWS), offset: 0, beforeId: cursor };
    // A place for each part: while the reader takes what it was given, others have it.
    const page: EventPage = await costly.run(reader, () => events.list(installationId, filter, at), {
      goesOn: pages > 0,
    });
    for (const rows of chunksOf(page.events)) {
      yield await costly.run(reader, async () => {
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
      }, { goesOn: true });
    }
    left -= page.events.length;
    cursor = page.nextCursor;
  }
  if (cursor != null) yield `${JSON.stringify({ truncated: true, next_cursor: String(cursor) })}\n`;
}

/** A login ends with its installation, in the middle of a file too. Throws INSTALLATION_UNKNOWN. */
async function requireStill({ addon, workspaceId, generation }: Installation, { installations }: ExportRoutesDeps) {
  const now = await installations.find(addon, workspaceId);
  if (now?.status !== "uninstalled" && now?.generation === generation) return;
  throw new AppError("INSTALLATION_UNKNOWN", "Cannot continue the file: the add-on was uninstalled meanwhile");
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
