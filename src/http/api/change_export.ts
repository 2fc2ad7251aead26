/** GET /ui/changes/export: the journal as a file, one JSON object a line, written while it is sent. */

import type { Hono } from "hono";
import { z } from "zod";
import { type ChangeCursor, decodeChangeCursor, encodeChangeCursor } from "../../changes/cursor.ts";
import type { ChangeFilter, ChangeStore } from "../../changes/store.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { wholeNumber } from "../server/query.ts";
import { changeJson } from "./change_view.ts";
import { changeFilter, changeFilters } from "./changes.ts";
import { defineRoute, mount } from "./contract.ts";
import { answerExport, type ExportDeps } from "./export_file.ts";
import { cutAsJson, exportPages } from "./export_pages.ts";

export interface ChangeExportDeps extends ExportDeps {
  changes: Pick<ChangeStore, "list" | "whole">;
}

const MAX_CHANGES = 50_000;
const PAGE_ROWS = 200;
/** Changes of a page that are read whole at once: each has up to 0.8 MB. */
const CHANGES_AT_ONCE = 5;

const exportChanges = defineRoute({
  method: "get",
  path: "/ui/changes/export",
  tag: "Changes",
  summary: "Changes as a file, newest first",
  about:
    "One JSON object a line: a change with its object before and after, for members without amounts. Where there are more " +
    "than `limit`, the last line is {truncated: true, next_cursor}; where the file broke off, it is {error}, with `detail` " +
    "where there is one.",
  who: "member",
  costly: true,
  query: z.object({
    limit: wholeNumber("Changes of the file", { fallback: 10_000, min: 1, max: MAX_CHANGES }),
    cursor: z.string().optional().meta({ description: "next_cursor of a file or page before" }),
    ...changeFilters,
  }),
  answer: {
    status: 200,
    about: "The file",
    media: "application/x-ndjson",
    headers: { "Content-Disposition": "A name for the file" },
    example: '{"id":"4711","operation_id":"updateTag"}\n{"truncated":true,"next_cursor":"MTc2"}\n',
  },
});

export const changeExportRoutes = [exportChanges];

export function mountChangeExport(app: Hono<AppEnv>, deps: ChangeExportDeps) {
  mount(app, deps, exportChanges, async ({ c, login, query }) => {
    const after = query.cursor === undefined ? undefined : decodeChangeCursor(query.cursor);
    const chunks = readChanges(deps, { login, filter: changeFilter(query), limit: query.limit, after });
    const headers = {
      "content-type": "application/x-ndjson; charset=utf-8",
      "content-disposition": `attachment; filename="changes-${login.installation.workspaceId}.ndjson"`,
      "x-content-type-options": "nosniff",
    };
    return await answerExport(c, { deps, login, headers, chunks });
  });
}

/** Lines of the file, some at a time; the last says where it was cut, if it was. */
async function* readChanges(
  deps: ChangeExportDeps,
  { login, filter, limit, after }: {
    login: Login;
    /** Undefined: none fits. */
    filter: ChangeFilter | undefined;
    limit: number;
    after?: ChangeCursor;
  },
): AsyncGenerator<string, void> {
  if (!filter) return;
  const { changes } = deps;
  const { installation, role } = login;
  yield* exportPages(deps, {
    login,
    limit,
    pageRows: PAGE_ROWS,
    from: after,
    list: async ({ limit, cursor: after }) => {
      const { changes: items, next } = await changes.list(installation.id, filter, { limit, after });
      return { items, next };
    },
    async *lines(rows, { read, pace }) {
      for (let from = 0; from < rows.length; from += CHANGES_AT_ONCE) {
        yield await read(async () => {
          const wanted = rows.slice(from, from + CHANGES_AT_ONCE).map(({ id }) => id);
          const whole = await changes.whole(installation.id, wanted);
          let lines = "";
          for (const id of wanted) {
            const change = whole.get(id);
            if (!change) continue;
            await pace();
            lines += `${JSON.stringify(changeJson(change, role, installation))}\n`;
          }
          return lines;
        });
      }
    },
    cut: (next) => cutAsJson(encodeChangeCursor(next)),
  });
}
