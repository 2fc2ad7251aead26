/**
 * /ui/addons and /ui/together: a workspace over all its add-ons of this process. Each is asked by itself, for its own
 * installation and by its own rules (server/neighbours.ts); what they answer is one list, newest first.
 */

import { Buffer } from "node:buffer";
import type { Context, Hono } from "hono";
import { z } from "zod";
import { AppError, ERROR_CODES, toAppError } from "../../base/errors.ts";
import type { AppEnv, Beside, Login } from "../server/app_env.ts";
import { besideOf } from "../server/beside.ts";
import type { AuthDeps } from "../server/login.ts";
import { askNeighbour, foundBeside, MAX_TOGETHER, type Neighbour, type Neighbours } from "../server/neighbours.ts";
import { ISSUE_STATES } from "../../issues/issue.ts";
import { oneOf, text } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { eventFilters } from "./event_filter.ts";
import { EVENT_EXAMPLE, eventRow } from "./events.ts";
import { countFields, EXAMPLE as ISSUE_EXAMPLE, issue } from "./issues.ts";
import { run, RUN_EXAMPLE } from "./run_schemas.ts";
import { runFilters } from "./runs.ts";
import { found, searchQuery } from "./search.ts";
import { cursorPage, limitUpTo100, orNull, workspaceId } from "./schemas.ts";

export interface TogetherRoutesDeps extends AuthDeps {
  own: Beside["from"];
  neighbours: Neighbours;
}

const key = z.string().meta({ example: "universal_webhook" });

const listAddons = defineRoute({
  method: "get",
  path: "/ui/addons",
  tag: "Workspace",
  summary: "The add-ons that the workspace has here, as far as you may see them",
  about:
    "Operators, owners and admins see all add-ons of this process that the workspace has installed; members the one that they opened. " +
    "Of the others all that is read here may be read by ?addon=, and nothing changed.",
  who: "member",
  answer: {
    status: 200,
    about: `At most ${MAX_TOGETHER}`,
    schema: z.object({
      workspace_id: workspaceId,
      addons: z.array(
        z.object({
          key,
          name: z.string(),
          status: z.enum(["active", "inactive", "unknown"])
            .meta({ description: "unknown: its database does not answer now" }),
          is_own: z.boolean().meta({ description: "The one whose listener answers" }),
        }).meta({ id: "WorkspaceAddon" }),
      ),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      addons: [
        { key: "api_studio", name: "API Studio", status: "active" as const, is_own: false },
        { key: "universal_webhook", name: "Universal Webhook", status: "active" as const, is_own: true },
      ],
    },
  },
});

const together = {
  limit: limitUpTo100,
  cursor: z.string().optional().meta({ description: "next_cursor of the page before" }),
  addons: text("Only these add-ons: their keys, with commas"),
};

const asked = z.array(
  z.object({
    key,
    name: z.string(),
    problem: orNull(
      z.object({ code: z.enum(ERROR_CODES), message: z.string() }).meta({ id: "AddonProblem" }),
    ).meta({ description: "Why its rows are missing on this page; the next cursor asks for them again" }),
  }).meta({ id: "AskedAddon" }),
).meta({ description: "The add-ons that were asked" });

const listEventsTogether = defineRoute({
  method: "get",
  path: "/ui/together/webhooks",
  tag: "Events",
  summary: "Received events of all add-ons of the workspace, newest first",
  about: "As the lists of each add-on, merged by time. A page may be short, even empty, and be followed by another.",
  who: "member",
  costly: true,
  query: z.object({ ...together, ...eventFilters }),
  answer: {
    status: 200,
    about: "A page of events; that one add-on does not answer leaves those of the others",
    schema: z.object({
      workspace_id: workspaceId,
      pagination: cursorPage,
      addons: asked,
      webhooks: z.array(eventRow.extend({ addon: key }).meta({ id: "AddonEvent" })),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      addons: [{ key: "universal_webhook", name: "Universal Webhook", problem: null }],
      webhooks: [{ ...EVENT_EXAMPLE, addon: "universal_webhook" }],
    },
  },
});

const listRunsTogether = defineRoute({
  method: "get",
  path: "/ui/together/runs",
  tag: "Runs",
  summary: "Runs of all flows of all add-ons of the workspace, newest first",
  about: "As the lists of each add-on, merged by time. A page may be short, even empty, and be followed by another.",
  who: "member",
  query: z.object({ ...together, ...runFilters }),
  answer: {
    status: 200,
    about: "A page of runs; that one add-on does not answer leaves those of the others",
    schema: z.object({
      workspace_id: workspaceId,
      pagination: cursorPage,
      addons: asked,
      runs: z.array(run.extend({ addon: key }).meta({ id: "AddonRun" })),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      addons: [{ key: "universal_webhook", name: "Universal Webhook", problem: null }],
      runs: [{ ...RUN_EXAMPLE, addon: "universal_webhook" }],
    },
  },
});

const listIssuesTogether = defineRoute({
  method: "get",
  path: "/ui/together/issues",
  tag: "Issues",
  summary: "What is not done that should be at any add-on of the workspace, the cause that came last first",
  about: "As the lists of each add-on, whose counts are added up.",
  who: "member",
  costly: true,
  query: z.object({ addons: together.addons, state: oneOf("In this state", ISSUE_STATES) }),
  answer: {
    status: 200,
    about: "The issues of each add-on that answers",
    schema: z.object({
      workspace_id: workspaceId,
      addons: asked,
      ...countFields,
      issues: z.array(issue.extend({ addon: key }).meta({ id: "AddonIssue" })),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      addons: [{ key: "universal_webhook", name: "Universal Webhook", problem: null }],
      counts: { open: 1, muted: 0, resolved: 0 },
      is_cut: false,
      issues: [{ ...ISSUE_EXAMPLE, addon: "universal_webhook" }],
    },
  },
});

const searchTogether = defineRoute({
  method: "get",
  path: "/ui/together/search",
  tag: "Workspace",
  summary: "Anything of any add-on of the workspace by name or id",
  about: "As the search of each add-on: what has it as its id first.",
  who: "member",
  costly: true,
  query: z.object({ addons: together.addons, ...searchQuery }),
  answer: {
    status: 200,
    about: "What each add-on that answers found",
    schema: z.object({
      workspace_id: workspaceId,
      addons: asked,
      found: z.array(found.extend({ addon: key }).meta({ id: "AddonFound" })),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      addons: [{ key: "universal_webhook", name: "Universal Webhook", problem: null }],
      found: [{
        kind: "flow" as const,
        id: "17",
        type: null,
        name: "Tag new entries",
        at: null,
        addon: "universal_webhook",
      }],
    },
  },
});

export const togetherRoutes = [
  listAddons,
  listEventsTogether,
  listRunsTogether,
  listIssuesTogether,
  searchTogether,
];

/** Lists without pages are short by themselves. */
const WHOLE = { limit: Number.MAX_SAFE_INTEGER, cursor: undefined };

export function mountTogether(app: Hono<AppEnv>, deps: TogetherRoutesDeps): void {
  const { own, neighbours } = deps;

  mount(app, deps, listAddons, async ({ login }) => {
    const beside = besideOf(login, own);
    const all = await Promise.all(
      neighbours().slice(0, MAX_TOGETHER).map(async (one) => {
        const isOwn = one.key === own.key;
        const status = isOwn ? login.installation.status : await foundBeside(one, beside)
          .then((found) => found?.status, () => login.role === "admin" ? "unknown" as const : undefined);
        // Its own is found, since the login is one to it.
        if (status === undefined || status === "uninstalled") return [];
        return [{ key: one.key, name: one.name, status, is_own: isOwn }];
      }),
    );
    return { workspace_id: login.installation.workspaceId, addons: all.flat() };
  });

  mount(app, deps, listEventsTogether, async ({ c, login, query }) => {
    const { limit, cursor, addons, ...filters } = query;
    const page = await readTogether<z.output<typeof eventRow>>(c, { ...deps, login, limit, cursor, addons }, {
      path: "/ui/webhooks",
      query: filters,
      rowsOf: (answer) => answer.webhooks as z.output<typeof eventRow>[],
      timeOf: ({ received_at }) => received_at,
      cursorOf: ({ id }) => id,
    });
    const { rows, ...rest } = page;
    return { ...rest, webhooks: rows.map(({ addon, row }) => ({ ...row, addon })) };
  });

  mount(app, deps, listRunsTogether, async ({ c, login, query }) => {
    const { limit, cursor, addons, ...filters } = query;
    const page = await readTogether<z.output<typeof run>>(c, { ...deps, login, limit, cursor, addons }, {
      path: "/ui/runs",
      query: filters,
      rowsOf: (answer) => answer.runs as z.output<typeof run>[],
      timeOf: ({ created_at }) => created_at,
    });
    const { rows, ...rest } = page;
    return { ...rest, runs: rows.map(({ addon, row }) => ({ ...row, addon })) };
  });

  mount(app, deps, listIssuesTogether, async ({ c, login, query: { addons, state } }) => {
    type Answer = z.output<typeof issueCounts> & { issues: z.output<typeof issue>[] };
    const answers: Answer[] = [];
    const { rows, workspace_id, addons: all } = await readTogether(c, { ...deps, login, ...WHOLE, addons }, {
      path: "/ui/issues",
      query: { state },
      rowsOf: (answer) => {
        answers.push(answer as unknown as Answer);
        return (answer as unknown as Answer).issues;
      },
      timeOf: ({ last_at }) => last_at,
      cursorOf: ({ id }) => id,
    });
    const sum = (name: keyof Answer["counts"]) => answers.reduce((total, { counts }) => total + counts[name], 0);
    return {
      workspace_id,
      addons: all,
      counts: { open: sum("open"), muted: sum("muted"), resolved: sum("resolved") },
      is_cut: answers.some(({ is_cut }) => is_cut),
      issues: rows.map(({ addon, row }) => ({ ...row, addon })),
    };
  });

  mount(app, deps, searchTogether, async ({ c, login, query: { addons, q, limit } }) => {
    const { rows, workspace_id, addons: all } = await readTogether(c, { ...deps, login, ...WHOLE, addons }, {
      path: "/ui/search",
      query: { q, limit },
      rowsOf: (answer) => answer.found as z.output<typeof found>[],
      // What has it as its id goes before what has it in its name.
      timeOf: ({ id }) => id === q ? "1" : "0",
      cursorOf: ({ id }) => id,
    });
    return { workspace_id, addons: all, found: rows.map(({ addon, row }) => ({ ...row, addon })) };
  });
}

const issueCounts = z.object(countFields);

interface Asking extends TogetherRoutesDeps {
  login: Login;
  limit: number;
  cursor: string | undefined;
  addons: string | undefined;
}

interface List<Row> {
  /** Of each add-on's own list. */
  path: string;
  query: Record<string, unknown>;
  rowsOf(answer: Record<string, unknown>): Row[];
  /** In ISO 8601, UTC. */
  timeOf(row: Row): string;
  /** Of the page that begins after the row; absent where the list leaves it beside its answer. */
  cursorOf?(row: Row): string;
}

/** Where each add-on's list continues: undefined at its beginning, null at its end. */
type Places = Record<string, string | null>;

interface Part<Row> {
  neighbour: Neighbour;
  rows: Row[];
  /** The cursor after each row. */
  cursors: string[];
  next: string | null;
  problem: { code: AppError["code"]; message: string } | null;
}

/** One page over the add-ons. Throws what an add-on's refusal is where none answers. */
async function readTogether<Row>(c: Context<AppEnv>, asking: Asking, list: List<Row>) {
  const { login, limit, own } = asking;
  const beside = besideOf(login, own);
  const places = asking.cursor === undefined ? {} : decodePlaces(asking.cursor);
  const chosen = await chosenOf(asking, beside);
  const errors: unknown[] = [];
  const parts = await Promise.all(
    chosen.filter(({ key }) => places[key] !== null).map(async (neighbour): Promise<Part<Row>> => {
      try {
        const cursors: string[] = [];
        const answer = await askPage(c, neighbour, {
          ...list,
          limit,
          cursor: places[neighbour.key],
          beside: { ...beside, cursors },
        });
        const rows = list.rowsOf(answer);
        const after = list.cursorOf ? rows.map(list.cursorOf) : cursors;
        return { neighbour, rows, cursors: after, next: nextOf(answer), problem: null };
      } catch (error) {
        errors.push(error);
        const { code, message } = toAppError(error);
        return { neighbour, rows: [], cursors: [], next: null, problem: { code, message } };
      }
    }),
  );
  // This request has a row of its own in the audit, beside those of what it asked.
  const { kind, name, installation: { id: installationId, workspaceId } } = login;
  Object.assign(c.env, { isPassedOn: undefined, actor: { kind, name, workspaceId, installationId } });
  if (parts.length > 0 && errors.length === parts.length) throw errors[0];
  const { rows, taken } = mergeNewest(parts.map(({ neighbour, rows, next }) => ({ key: neighbour.key, rows, next })), {
    limit,
    timeOf: list.timeOf,
  });
  const nextPlaces: Places = { ...places };
  for (const { neighbour: { key }, rows, cursors, next, problem } of parts) {
    const count = taken.get(key) ?? 0;
    if (problem || (count === 0 && rows.length > 0)) continue;
    nextPlaces[key] = count === rows.length ? next : cursors[count - 1]!;
  }
  const isOver = chosen.every(({ key }) => nextPlaces[key] === null);
  const next = isOver ? null : encodePlaces(nextPlaces);
  return {
    workspace_id: login.installation.workspaceId,
    pagination: { limit, has_more: next !== null, next_cursor: next },
    addons: chosen.map(({ key, name }) => ({
      key,
      name,
      problem: parts.find(({ neighbour }) => neighbour.key === key)?.problem ?? null,
    })),
    rows: rows.map(({ key, row }) => ({ addon: key, row })),
  };
}

/** Those that the login may read, and that were asked for. Throws REQUEST_INVALID where that is none. */
async function chosenOf({ neighbours, addons, own }: Asking, beside: Beside): Promise<Neighbour[]> {
  const wanted = addons?.split(",").map((one) => one.trim());
  const named = neighbours().filter(({ key }) => wanted === undefined || wanted.includes(key)).slice(0, MAX_TOGETHER);
  const mine = await Promise.all(named.map(async (one) => {
    if (one.key === own.key) return [one];
    // One whose database is away is asked all the same: its refusal is shown.
    return await foundBeside(one, beside).then((found) => found ? [one] : [], () => [one]);
  }));
  const chosen = mine.flat();
  if (chosen.length > 0) return chosen;
  throw new AppError("REQUEST_INVALID", "Cannot read the list: the workspace has none of these add-ons for you to see");
}

async function askPage(
  c: Context<AppEnv>,
  neighbour: Neighbour,
  { path, query, limit, cursor, beside }: {
    path: string;
    query: Record<string, unknown>;
    limit: number;
    cursor: string | null | undefined;
    beside: Beside;
  },
): Promise<Record<string, unknown>> {
  const url = new URL(c.req.url);
  url.pathname = path;
  // As it was sent: each add-on reads the filters by itself.
  url.search = new URLSearchParams([
    ...Object.keys(query).flatMap((name) => {
      const value = c.req.query(name);
      return value === undefined ? [] : [[name, value]];
    }),
    ...(limit === WHOLE.limit ? [] : [["limit", String(limit)]]),
    ...(cursor ? [["cursor", cursor]] : []),
  ]).toString();
  const request = new Request(url, { headers: { accept: "application/json" } });
  const response = await askNeighbour(c, neighbour, { beside, request, path });
  return await response.json();
}

/** Of a list without pages there is none. */
function nextOf(answer: Record<string, unknown>): string | null {
  return (answer.pagination as { next_cursor: string | null } | undefined)?.next_cursor ?? null;
}

/**
 * The newest rows of lists that are each newest first, `limit` at most, and how many were taken of each. It ends before it
 * would pass over a list whose page is used up and that has more.
 */
export function mergeNewest<Row>(
  lists: readonly { key: string; rows: readonly Row[]; next: string | null }[],
  { limit, timeOf }: { limit: number; timeOf(row: Row): string },
): { rows: { key: string; row: Row }[]; taken: Map<string, number> } {
  const taken = new Map(lists.map(({ key }) => [key, 0]));
  const rows: { key: string; row: Row }[] = [];
  while (rows.length < limit) {
    let newest: { key: string; row: Row; time: string } | undefined;
    for (const { key, rows: own, next } of lists) {
      const row = own[taken.get(key)!];
      if (row === undefined) {
        if (next !== null) return { rows, taken };
        continue;
      }
      const time = timeOf(row);
      if (!newest || time > newest.time) newest = { key, row, time };
    }
    if (!newest) break;
    rows.push({ key: newest.key, row: newest.row });
    taken.set(newest.key, taken.get(newest.key)! + 1);
  }
  return { rows, taken };
}

const places = z.record(z.string().max(50), z.string().min(1).max(200).nullable())
  .refine((found) => Object.keys(found).length <= MAX_TOGETHER);

function encodePlaces(found: Places): string {
  return Buffer.from(JSON.stringify(found)).toString("base64url");
}

/** Throws REQUEST_INVALID for any other text. */
function decodePlaces(text: string): Places {
  try {
    return places.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch {
    throw new AppError("REQUEST_INVALID", "Cannot read cursor: expected the next_cursor of the page before");
  }
}
