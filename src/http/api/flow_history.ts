/** /ui/flows/{id}/history-runs: what a flow would have done since a time, had it been on; looked at in the background, nothing is sent. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import {
  type HistoryAsked,
  type HistoryMatch,
  type HistoryRun,
  type HistoryRuns,
  MAX_FAILURES,
  MAX_HISTORY_EVENTS,
  MAX_LISTED,
} from "../../flows/history/history.ts";
import { isObject } from "../../engine/faults.ts";
import { withoutAnswerFields } from "../../flows/parse/parse_flow.ts";
import { hideFlowSecrets, keepFlowSecrets } from "../../flows/secrets.ts";
import type { Flow } from "../../flows/store/store.ts";
import type { FlowVersions, VersionDefinition } from "../../flows/store/versions.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { defineRoute, mount } from "./contract.ts";
import { createJobIds } from "./job_ids.ts";
import { draftUnknown, type FlowDraftRoutesDeps, toBeChecked } from "./flow_drafts.ts";
import { checked, findFlow, parseDeps } from "./flow_saving.ts";
import { FLOW_PARAM, versionOf } from "./flow_versions.ts";
import { anyJson, cursorPage, id, idCursor, instant, limitUpTo100 } from "./schemas.ts";

export interface FlowHistoryDeps extends FlowDraftRoutesDeps {
  versions: FlowVersions;
  history: HistoryRuns;
}

const PATH = "/ui/flows/{id}/history-runs";

const counts = z.object({
  matched: z.int(),
  described: z.int().meta({ description: "Matches whose requests were counted: the newest ones" }),
  requests: z.int().meta({ description: "That would be made for them, reads among them; none is" }),
  by_operation: z.record(z.string(), z.int()),
  by_host: z.record(z.string(), z.int()),
  failing: z.int().meta({ description: "Of those: a step would fail" }),
  undecided: z.int().meta({ description: "Events for which the condition takes too much work" }),
}).meta({ id: "HistoryCounts" });

const historyRun = z.object({
  id,
  flow_id: id,
  at: instant,
  finished_at: instant.nullable(),
  state: z.enum(["running", "stopping", "stopped", "finished"]),
  person: z.string(),
  what: z.enum(["published", "version", "draft", "definition"]),
  version: z.int().nullable(),
  since: instant,
  until: instant,
  limit: z.int(),
  total: z.int().nullable().meta({
    description: "Events to look at, of the types that it starts on, the newest first; null: not counted yet",
  }),
  looked: z.int().meta({ description: "Events that were looked at" }),
  counts,
  published: z.union([counts, z.null()]).meta({
    description: "The same of the published version; null: it is that one",
  }),
  failures: z.array(z.object({ event_id: id, step: z.string(), reason: z.string() })).meta({
    description: `The first ${MAX_FAILURES}`,
  }),
  sent: z.literal(0),
}).meta({ id: "HistoryRun" });

const NONE = { matched: 0, described: 0, requests: 0, by_operation: {}, by_host: {}, failing: 0, undecided: 0 };
const EXAMPLE = {
  id: "7",
  flow_id: "3",
  at: "2026-11-21T08:00:00.000Z",
  finished_at: null,
  state: "running" as const,
  person: "5e6a0f7c1f3b2a0012345678",
  what: "draft" as const,
  version: null,
  since: "2026-11-01T00:00:00.000Z",
  until: "2026-11-21T08:00:00.000Z",
  limit: 10_000,
  total: 1_200,
  looked: 400,
  counts: {
    ...NONE,
    matched: 12,
    described: 12,
    requests: 24,
    by_operation: { getTimeEntry: 12, updateTimeEntry: 12 },
    by_host: { clockify: 24 },
  },
  published: NONE,
  failures: [],
  sent: 0 as const,
};

const startHistory = defineRoute({
  method: "post",
  path: PATH,
  tag: "Flows",
  summary: "What a flow would have done since a time, had it been on",
  about:
    "A job looks at stored events, the newest first, and counts what would match and what would be requested; nothing is sent, and " +
    "reads of Clockify are counted too. Of the draft, a version or a definition (which must have no faults), beside the same " +
    `numbers of the published version. One at a time in a workspace. The newest ${
      MAX_LISTED.toLocaleString("en")
    } matches are listed.`,
  who: "admin",
  creates: true,
  params: FLOW_PARAM,
  body: {
    schema: z.strictObject({
      definition: anyJson.optional(),
      version: z.int("must be a version of the flow").min(1, "must be a version of the flow").optional(),
      draft: z.literal(true, "must be true").optional(),
      since: z.iso.datetime({ offset: true, error: "must be a time" }),
      until: z.iso.datetime({ offset: true, error: "must be a time" }).optional(),
      limit: z.int("must be a number of events").min(1, "must be 1 at least")
        .max(MAX_HISTORY_EVENTS, `must be ${MAX_HISTORY_EVENTS} at most`).default(10_000),
    }, "must be an object of since, and one of definition, version and draft"),
    refusal: "Cannot look at the history: the request does not fit",
    example: { draft: true, since: "2026-11-01T00:00:00Z" },
  },
  answer: { status: 202, about: "The job", schema: historyRun, example: EXAMPLE },
  problems: ["NOT_FOUND", "CONFLICT", "FLOW_INVALID"],
});

const JOB = {
  params: { ...FLOW_PARAM, run: id.meta({ description: "Id of the job", example: "7" }) },
} as const;

const getHistory = defineRoute({
  method: "get",
  path: `${PATH}/{run}`,
  tag: "Flows",
  summary: "How far a look at the history has come, and what it counts",
  who: "admin",
  ...JOB,
  answer: { status: 200, about: "The job", schema: historyRun, example: EXAMPLE },
  problems: ["NOT_FOUND"],
});

const listMatches = defineRoute({
  method: "get",
  path: `${PATH}/{run}/matches`,
  tag: "Flows",
  summary: "Events that a look at the history found, the newest first",
  who: "admin",
  ...JOB,
  query: z.object({ limit: limitUpTo100, cursor: idCursor }),
  answer: {
    status: 200,
    about: "A page of events that it, or the published version, matches",
    schema: z.object({
      pagination: cursorPage,
      matches: z.array(z.object({
        event_id: id,
        matched: z.boolean(),
        published: z.boolean().meta({ description: "The published version matches it" }),
        requests: z.int().nullable().meta({ description: "null: not counted" }),
        problem: z.object({ step: z.string(), reason: z.string() }).nullable(),
      })),
    }),
    example: {
      pagination: { limit: 50, has_more: false, next_cursor: null },
      matches: [{ event_id: "17", matched: true, published: false, requests: 2, problem: null }],
    },
  },
  problems: ["NOT_FOUND"],
});

const stopHistory = defineRoute({
  method: "post",
  path: `${PATH}/{run}/stop`,
  creates: false,
  tag: "Flows",
  summary: "Stop a look at the history",
  about: "What it has found stays.",
  who: "admin",
  ...JOB,
  answer: { status: 200, about: "The job", schema: historyRun, example: { ...EXAMPLE, state: "stopping" } },
  problems: ["NOT_FOUND"],
});
export const flowHistoryRoutes = [startHistory, getHistory, listMatches, stopHistory];

const jobs = createJobIds((id) => `history run "${id}" of the flow`);

export function mountFlowHistory(app: Hono<AppEnv>, deps: FlowHistoryDeps) {
  const { history } = deps;
  mount(app, deps, startHistory, async ({ login, params, body, once }) => {
    const { installation } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    const { since, until, limit, ...which } = await body();
    const asked = askedOf({ since, until, limit, which, now: deps.clock.now() });
    const definition = await chosen(which, { flow, login, deps });
    const { enabled: _, ...published } = hideFlowSecrets(flow.definition);
    const started = {
      flowId: flow.id,
      person: personOf(login),
      asked,
      definition,
      published,
    };
    return await once((atEnd) => history.start(installation.id, { ...started, atEnd }), historyJson);
  });
  mount(app, deps, getHistory, async ({ login: { installation }, params }) => {
    const key = await keyOf(params, installation.id, deps);
    return historyJson(jobs.required(await history.find(installation.id, key), params.run));
  });
  mount(app, deps, listMatches, async ({ login: { installation }, params, query: { limit, cursor } }) => {
    const key = await keyOf(params, installation.id, deps);
    const { id } = jobs.required(await history.find(installation.id, key), params.run);
    const { matches, next } = await history.matches(installation.id, { id, limit, before: cursor });
    return {
      pagination: { limit, has_more: next !== null, next_cursor: next === null ? null : String(next) },
      matches: matches.map(matchJson),
    };
  });
  mount(app, deps, stopHistory, async ({ login: { installation }, params }) => {
    const key = await keyOf(params, installation.id, deps);
    return historyJson(jobs.required(await history.stop(installation.id, key), params.run));
  });
}

interface Which {
  definition?: unknown;
  version?: number;
  draft?: true;
}

/** Throws REQUEST_INVALID for more than one, and for a range that is none. */
function askedOf(
  { since, until, limit, which, now }: { since: string; until?: string; limit: number; which: Which; now: number },
): HistoryAsked {
  const named = (["definition", "version", "draft"] as const).filter((key) => which[key] !== undefined);
  const range = { since: new Date(since), until: until === undefined ? new Date(now) : new Date(until) };
  if (named.length > 1 || range.since > range.until) {
    const why = named.length > 1 ? "expected one of definition, version and draft" : "since must not be after until";
    throw new AppError("REQUEST_INVALID", `Cannot look at the history: ${why}`);
  }
  return {
    what: named[0] ?? "published",
    version: which.version ?? null,
    since: range.since.toISOString(),
    until: range.until.toISOString(),
    limit,
  };
}

/** Masked; null: the published version. Throws NOT_FOUND, and FLOW_INVALID for what has faults. */
async function chosen(
  { definition, version, draft }: Which,
  { flow, login, deps }: { flow: Flow; login: Login; deps: FlowHistoryDeps },
): Promise<VersionDefinition | null> {
  const { installation } = login;
  const refusal = "Cannot look at the history";
  if (version !== undefined) {
    if (version === flow.version) return null;
    const found = await deps.versions.find(installation.id, flow.id, versionOf(String(version), flow.id));
    return hideFlowSecrets(found.definition);
  }
  if (draft) {
    const found = await deps.drafts.find(installation.id, flow.id);
    if (!found) throw draftUnknown(flow.id);
    const { input, parse } = await toBeChecked(found, { flow, login, deps });
    return versionPart(checked(input, parse, refusal).flow);
  }
  if (definition === undefined) return null;
  const opened = await deps.secrets.openKnown({ installationId: installation.id, flowId: flow.id }, flow.definition);
  const given = keepFlowSecrets(isObject(definition) ? withoutAnswerFields(definition) : definition, opened);
  return versionPart(checked(given, { ...await parseDeps(installation, deps), stored: opened }, refusal).flow);
}

function versionPart(flow: Flow["definition"]): VersionDefinition {
  const { enabled: _, ...definition } = hideFlowSecrets(flow);
  return definition;
}

async function keyOf(
  { id, run }: { readonly id: string; readonly run: string },
  installationId: number,
  deps: FlowHistoryDeps,
) {
  const flow = await findFlow(id, installationId, deps);
  return { flowId: flow.id, id: jobs.idOf(run) };
}

function historyJson({ id, flowId, at, finishedAt, state, person, asked, ...run }: HistoryRun) {
  return {
    id: String(id),
    flow_id: String(flowId),
    at: at.toISOString(),
    finished_at: finishedAt?.toISOString() ?? null,
    state,
    person,
    what: asked.what,
    version: asked.version,
    since: asked.since,
    until: asked.until,
    limit: asked.limit,
    total: run.total,
    looked: run.looked,
    counts: run.counts,
    published: run.published,
    failures: run.failures,
    sent: 0 as const,
  };
}

function matchJson({ eventId, matched, published, requests, problem }: HistoryMatch) {
  return { event_id: String(eventId), matched, published, requests, problem };
}
