/** /ui/dead-letters: what was given up, with the reason, the attempts that were made, and what was left to be done. */

import type { Hono } from "hono";
import { z } from "zod";
import { decodeChangeCursor, encodeChangeCursor } from "../../changes/cursor.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import { type DeadLetter, type DeadLetterList, MAX_COUNTED } from "../../replay/dead_letters.ts";
import { LETTER_KINDS } from "../../replay/letter_cause.ts";
import type { RunInspector } from "../../runs/inspect.ts";
import { AppError } from "../../base/errors.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf, text, time, wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { runDetailJson } from "./run_detail.ts";
import { runId, step } from "./run_schemas.ts";
import { runViewOf } from "./run_view.ts";
import { cursorPage, id, instant, limitUpTo100, orNull, workspaceId } from "./schemas.ts";

export interface DeadLetterRoutesDeps extends AuthDeps {
  deadLetters: DeadLetterList;
  runs: RunInspector;
  settings: Pick<SettingsSource, "of">;
  catalogue: Catalogue;
}

const PATH = "/ui/dead-letters";

const letter = z.object({
  id,
  kind: z.enum(LETTER_KINDS).meta({
    description: "run: it failed; event: its flows were never asked; background: reading of the workspace and the like",
  }),
  job: z.string().meta({ description: "Kind of the job that was given up" }),
  created_at: instant,
  finished_at: instant,
  reason: z.string().nullable(),
  code: z.string().nullable().meta({ description: "Of a run" }),
  run_id: runId.nullable(),
  flow: z.object({ id, name: z.string() }).nullable(),
  event: z.object({ id, event_type: z.string(), received_at: instant }).nullable()
    .meta({ description: "null without an event, and once retention deleted it" }),
}).meta({ id: "DeadLetter" });

const EXAMPLE = {
  id: "981",
  kind: "run" as const,
  job: "run",
  created_at: "2026-11-21T08:00:00.000Z",
  finished_at: "2026-11-21T08:00:15.000Z",
  reason: "Cannot finish the request: the answer was 503",
  code: "UPSTREAM_FAILED",
  run_id: "0192f0c1-2345-7abc-8def-0123456789ab",
  flow: { id: "3", name: "Tell the shop" },
  event: { id: "17", event_type: "NEW_TIME_ENTRY", received_at: "2026-11-21T08:00:00.000Z" },
};

const listLetters = defineRoute({
  method: "get",
  path: PATH,
  tag: "Dead letters",
  summary: "What was given up, newest first",
  about: "One that was sent again is none any more; it is back where that failed too.",
  who: "admin",
  query: z.object({
    limit: limitUpTo100,
    kind: oneOf("Of this kind", LETTER_KINDS),
    flow_id: wholeNumber("Of runs of one flow", { fallback: undefined, min: 1, max: 999_999_999_999_999 }),
    code: text("Of runs that failed with this code"),
    since: time("Given up not before this time"),
    until: time("Given up before this time"),
    text: text("In the reason"),
    cursor: z.string().optional().meta({ description: "next_cursor of the page before" }),
  }),
  answer: {
    status: 200,
    about: "A page of dead letters; it may be short, even empty, and have a next one",
    schema: z.object({
      workspace_id: workspaceId,
      pagination: cursorPage,
      count: z.int().nullable().meta({
        description: `Of all pages, among the newest ${MAX_COUNTED}; null on later pages`,
      }),
      count_is_cut: z.boolean().meta({ description: "There are older ones, which were not counted" }),
      dead_letters: z.array(letter),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      count: 1,
      count_is_cut: false,
      dead_letters: [EXAMPLE],
    },
  },
});

const letterDetail = letter.extend({
  failed_step: orNull(step).meta({ description: "Of a run: with what was sent and each attempt" }),
  todo: z.array(z.object({ path: z.string(), name: z.string(), title: z.string() }))
    .meta({ description: "Steps of a run that are not finished, the failed one first" }),
}).meta({ id: "DeadLetterDetail" });

const getLetter = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Dead letters",
  summary: "One dead letter: what was to be done, the attempts, the last error",
  who: "admin",
  params: { id: id.meta({ description: "Id of the dead letter" }) },
  answer: {
    status: 200,
    about: "The dead letter",
    schema: letterDetail,
    example: { ...EXAMPLE, failed_step: null, todo: [] },
  },
  problems: ["NOT_FOUND"],
});

export const deadLetterRoutes = [listLetters, getLetter];

export function mountDeadLetters(app: Hono<AppEnv>, deps: DeadLetterRoutesDeps) {
  const { deadLetters } = deps;
  mount(app, deps, listLetters, async ({ login: { installation }, query }) => {
    const { limit, cursor, kind, flow_id: flowId, code, since: from, until: to, text } = query;
    const filter = { kind, flowId, code, from, to, text };
    const after = cursor === undefined ? undefined : decodeChangeCursor(cursor);
    const { letters, next } = await deadLetters.list(installation.id, filter, { limit, after });
    const counted = after ? undefined : await deadLetters.count(installation.id, filter);
    return {
      workspace_id: installation.workspaceId,
      pagination: { limit, has_more: next !== null, next_cursor: next && encodeChangeCursor(next) },
      count: counted?.letters ?? null,
      count_is_cut: counted?.isCut ?? false,
      dead_letters: letters.map(letterJson),
    };
  });

  mount(app, deps, getLetter, async ({ login, params }) => {
    const { installation } = login;
    const letter = await deadLetters.find(installation.id, letterId(params.id));
    if (letter.runId === null) return { ...letterJson(letter), failed_step: null, todo: [] };
    const detail = await deps.runs.inspect(installation.id, letter.runId);
    const view = await runViewOf(login, deps.settings);
    const { steps } = runDetailJson(detail, { view, mayRetry: true, catalogue: deps.catalogue });
    const todo = steps.filter(({ state }) => state !== "completed");
    return {
      ...letterJson(letter),
      failed_step: steps.find(({ state }) => state === "failed") ?? null,
      todo: todo.map(({ path, name, title }) => ({ path, name, title })),
    };
  });
}

function letterId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new AppError("NOT_FOUND", `Cannot find dead letter ${text.slice(0, 40)}: there is none of this id`);
}

function letterJson({ id, kind, job, createdAt, finishedAt, reason, code, runId, flow, event }: DeadLetter) {
  return {
    id: String(id),
    kind,
    job,
    created_at: createdAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    reason,
    code,
    run_id: runId,
    flow: flow && { id: String(flow.id), name: flow.name },
    event: event && {
      id: String(event.id),
      event_type: event.eventType,
      received_at: event.receivedAt.toISOString(),
    },
  };
}
