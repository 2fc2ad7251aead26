/** /api/v1/dead-letters: what was given up, and failed runs that go on. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { DeadLetter, DeadLetterList } from "../../replay/dead_letters.ts";
import { LETTER_KINDS } from "../../replay/letter_cause.ts";
import { runIdOf, runUnknown } from "../../workflows/runs.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { AppEnv } from "../server/app_env.ts";
import { oneOf, text, time } from "../server/query.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { RUN_EXAMPLE, runSchema } from "./run_view.ts";
import { retryFailed, type WorkflowRunRoutesDeps } from "./runs.ts";

export interface ApiDeadLetterRoutesDeps extends WorkflowRunRoutesDeps {
  deadLetters: Pick<DeadLetterList, "page" | "find">;
}

const PATH = "/api/v1/dead-letters";

const letter = z.object({
  id: z.string(),
  kind: z.enum(LETTER_KINDS).meta({
    description: "run: it failed; event: none was woken by it; background: other work",
  }),
  job: z.string().meta({ description: "Kind of the job that was given up" }),
  run_id: z.string().nullable(),
  workflow_name: z.string().nullable(),
  error_code: z.string().nullable(),
  reason: z.string().nullable(),
  created_at: instant,
  failed_at: instant,
}).meta({ id: "ApiDeadLetter" });

const EXAMPLE = {
  id: "981",
  kind: "run",
  job: "run",
  run_id: RUN_EXAMPLE.run_id,
  workflow_name: "triage",
  error_code: "UPSTREAM_FAILED",
  reason: 'Agent "classifier" answered 503',
  created_at: "2026-11-29T09:00:00.000Z",
  failed_at: "2026-11-29T09:00:15.000Z",
} as const;

const listDeadLetters = defineRoute({
  method: "get",
  path: PATH,
  tag: "Workflow runs",
  summary: "What was given up, the newest first",
  about: "A run that was retried is none any more; it is back where it failed again.",
  who: "api_viewer",
  query: z.object({
    ...pageQuery,
    kind: oneOf("Only of this kind", LETTER_KINDS),
    error_code: text("Only of runs that failed with this code"),
    failed_after: time("Failed at or after"),
    failed_before: time("Failed before"),
  }),
  answer: {
    status: 200,
    about: "A page of dead letters",
    schema: listOf(letter),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const replayDeadLetter = defineRoute({
  method: "post",
  path: `${PATH}/{letter_id}/replay`,
  tag: "Workflow runs",
  summary: "Let the failed run of a dead letter go on at the step that failed",
  about: "As POST /runs/{run_id}/retry. Of the other kinds nothing can be replayed: 409.",
  who: "api_operator",
  creates: true,
  params: { letter_id: z.string().meta({ description: "Id of the dead letter" }) },
  answer: {
    status: 202,
    about: "The run that goes on",
    headers: { Location: "Path of the run" },
    schema: runSchema,
    example: RUN_EXAMPLE,
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const apiDeadLetterRoutes = [listDeadLetters, replayDeadLetter];

export function mountApiDeadLetters(app: Hono<AppEnv>, deps: ApiDeadLetterRoutesDeps): void {
  const { deadLetters, workflowRuns } = deps;
  const installation = async () => (await deps.home()).installationId;

  mount(app, deps, listDeadLetters, async ({ query }) => {
    const { kind, error_code: code, failed_after: from, failed_before: to } = query;
    const { letters, total } = await deadLetters.page(await installation(), { kind, code, from, to }, rangeOf(query));
    return pageOf(letters.map(letterJson), query, total);
  });

  mount(app, deps, replayDeadLetter, async ({ c, login, params, once }) => {
    const installationId = await installation();
    const found = await deadLetters.find(installationId, letterId(params.letter_id));
    if (found.runId === null) {
      throw new AppError(
        "CONFLICT",
        `Cannot replay dead letter ${found.id}: it is of no run, but of ${found.job} work`,
      );
    }
    const run = await workflowRuns.find(installationId, found.runId);
    if (!run) throw runUnknown(found.runId);
    return await retryFailed(deps, { c, login, run, installationId, once });
  });
}

/** Throws NOT_FOUND. */
function letterId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new AppError("NOT_FOUND", `Cannot find dead letter "${text.slice(0, 40)}": there is none of this id`);
}

function letterJson({ id, kind, job, runId, flow, code, reason, createdAt, finishedAt }: DeadLetter) {
  return {
    id: String(id),
    kind,
    job,
    run_id: runIdOf(runId),
    workflow_name: flow?.name ?? null,
    error_code: code,
    reason,
    created_at: createdAt.toISOString(),
    failed_at: finishedAt.toISOString(),
  };
}
