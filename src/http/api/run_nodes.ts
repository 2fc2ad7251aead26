/** /ui/runs/{id}/nodes and /items: what became of each step of a run, of every kind, and of the items of its loops. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Catalogue } from "../../clockify/operations.ts";
import { stepName, stepTitle } from "../../flows/vocabulary/step_name.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { NodeRecord, RunNode, RunNodes } from "../../runs/nodes.ts";
import { runUnknown } from "../../runs/retry.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { runError, runId } from "./run_schemas.ts";
import { type RunView, runViewOf } from "./run_view.ts";
import { instant, orNull } from "./schemas.ts";

export interface RunNodeRoutesDeps extends AuthDeps {
  runs: RunNodes;
  settings: Pick<SettingsSource, "of">;
  catalogue: Catalogue;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const MAX_PATH_CHARS = 1_000;
const MAX_ITEMS = 10_000;

const begun = {
  path: z.string().meta({ example: "root/each#17" }),
  state: z.enum(["not_started", "running", "completed", "failed", "cancelled"]),
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  error: orNull(runError),
};

const node: z.ZodType<NodeJson> = z.lazy(() =>
  z.object({
    ...begun,
    id: z.string(),
    kind: z.string(),
    name: z.string(),
    title: z.string().nullable().meta({ description: "Of an action: what it calls" }),
    until: instant.nullable().meta({ description: "Until when a step that is in progress waits" }),
    taken: z.int().nullable().meta({ description: "Of a branch: the list that was chosen" }),
    items: z.object({ total: z.int().nullable(), begun: z.int(), failed: z.int(), open: z.int() }).nullable()
      .meta({ description: "Of a loop: its items are read by /items" }),
    approval: z.object({ id: z.uuid(), state: z.string(), expires_at: instant.nullable() }).nullable(),
    lists: z.array(z.object({ item: z.int(), name: z.string().nullable(), steps: z.array(node) }))
      .meta({ description: "Lists of steps below it, by the number in their paths" }),
  })
).meta({ id: "RunNode" });

const params = { id: runId };

const getNodes = defineRoute({
  method: "get",
  path: "/ui/runs/{id}/nodes",
  tag: "Runs",
  summary: "What became of each step of a run, of every kind",
  who: "member",
  params,
  query: z.object({
    below: z.string().max(MAX_PATH_CHARS).optional()
      .meta({ description: "An item of a loop, as in root/each#17: the steps in it" }),
  }),
  answer: {
    status: 200,
    about: "The steps, each with the lists below it",
    schema: z.object({ run_id: runId, steps: z.array(node) }),
    example: { run_id: "0192f0c1-2345-7abc-8def-0123456789ab", steps: [] },
  },
  problems: ["NOT_FOUND"],
});

const getItems = defineRoute({
  method: "get",
  path: "/ui/runs/{id}/items",
  tag: "Runs",
  summary: "Items of a loop that have ended, those that failed first",
  who: "member",
  params,
  query: z.object({
    loop: z.string().max(MAX_PATH_CHARS).meta({ description: "Path of the loop", example: "root/each" }),
    offset: wholeNumber("Items before the page", { fallback: 0, min: 0, max: MAX_ITEMS }),
    limit: wholeNumber("Items of the page", { fallback: 50, min: 1, max: 100 }),
  }),
  answer: {
    status: 200,
    about: "A page of items",
    schema: z.object({ run_id: runId, has_more: z.boolean(), items: z.array(z.object({ ...begun, item: z.int() })) }),
    example: { run_id: "0192f0c1-2345-7abc-8def-0123456789ab", has_more: false, items: [] },
  },
  problems: ["NOT_FOUND"],
});
export const runNodeRoutes = [getNodes, getItems];

export function mountRunNodes(app: Hono<AppEnv>, deps: RunNodeRoutesDeps) {
  mount(app, deps, getNodes, async ({ login, params, query: { below } }) => {
    const id = idOf(params.id);
    const nodes = await deps.runs.nodes(login.installation.id, id, below);
    const view = await runViewOf(login, deps.settings);
    return { run_id: id, steps: nodes.map((one) => nodeJson(one, { view, catalogue: deps.catalogue })) };
  });

  mount(app, deps, getItems, async ({ login, params, query: { loop, offset, limit } }) => {
    const id = idOf(params.id);
    const { items, hasMore } = await deps.runs.items(login.installation.id, id, { path: loop, offset, limit });
    const view = await runViewOf(login, deps.settings);
    return {
      run_id: id,
      has_more: hasMore,
      items: items.map((one) => ({ ...begunJson(one.path, one, view), item: Number(one.path.split("#").at(-1)) })),
    };
  });
}

interface Shown {
  view: RunView;
  catalogue: Catalogue;
}

interface NodeJson extends ReturnType<typeof begunJson> {
  id: string;
  kind: string;
  name: string;
  title: string | null;
  until: string | null;
  taken: number | null;
  items: { total: number | null; begun: number; failed: number; open: number } | null;
  approval: { id: string; state: string; expires_at: string | null } | null;
  lists: { item: number; name: string | null; steps: NodeJson[] }[];
}

function nodeJson({ path, step, record, taken, items, approval, lists }: RunNode, shown: Shown): NodeJson {
  const { view, catalogue } = shown;
  const isAction = step.kind === "action";
  return {
    ...begunJson(path, record, view),
    id: step.id,
    kind: step.kind,
    name: isAction ? stepName(step, catalogue) : step.id,
    title: isAction ? stepTitle(step, catalogue) : null,
    until: record?.state === "running" ? record.until?.toISOString() ?? null : null,
    taken: step.kind === "branch" && taken !== undefined ? taken ?? step.cases.length : null,
    items: items ?? null,
    approval: approval
      ? { id: approval.id, state: approval.state, expires_at: approval.expiresAt?.toISOString() ?? null }
      : null,
    lists: lists.map(({ item, nodes }) => ({
      item,
      name: step.kind === "branch" ? step.cases[item]?.name ?? null : null,
      steps: nodes.map((one) => nodeJson(one, shown)),
    })),
  };
}

function begunJson(path: string, record: NodeRecord | undefined, { showText }: RunView) {
  return {
    path,
    state: record?.state ?? "not_started" as const,
    started_at: record?.startedAt.toISOString() ?? null,
    finished_at: record?.finishedAt?.toISOString() ?? null,
    error: record?.errorCode ? { code: record.errorCode, message: showText(record.errorMessage) } : null,
  };
}

function idOf(param: string): string {
  const text = param.toLowerCase();
  if (!UUID.test(text)) throw runUnknown(text.slice(0, 40));
  return text;
}
