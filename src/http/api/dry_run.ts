/** POST /ui/flows/test: what a draft of a flow would do on a stored event, told without doing it. */

import type { Hono } from "hono";
import { z } from "zod";
import { jsonStart } from "../../engine/shown_value.ts";
import { AppError } from "../../base/errors.ts";
import { eventUnknown } from "../../events/store.ts";
import type { Trial, TrialAction } from "../../flows/dry_run.ts";
import type { AppEnv } from "../server/app_env.ts";
import { readerOf, requireAdmin } from "../server/login.ts";
import { readJson } from "../server/body.ts";
import { ruleJson } from "./event_flows.ts";
import { type FlowRoutesDeps, parseDeps } from "./flows.ts";

export interface FlowTrialRoutesDeps extends FlowRoutesDeps {
  trial: Trial;
}

const PATH = "/ui/flows/test";
/** A value is shown up to so many characters of JSON, a body up to ten times as many. */
const MAX_VALUE_CHARS = 5_000;
const MAX_BODY_CHARS = 50_000;
/** All that one answer shows. */
const MAX_SHOWN_CHARS = 2_000_000;

const requestSchema = z.strictObject({
  definition: z.unknown(),
  event_id: z.string("must be the id of an event").regex(/^[1-9]\d{0,14}$/, 'must be the id of an event, as in "17"'),
}, "must be an object of definition and event_id");

export function mountFlowTrial(app: Hono<AppEnv>, deps: FlowTrialRoutesDeps) {
  app.post(PATH, async (c) => {
    const login = await requireAdmin(c, deps);
    const { installation } = login;
    const { definition, event_id } = checked(await readJson(c, deps.body));
    const parse = await parseDeps(installation, deps);
    const result = await deps.costly.run(
      readerOf(login),
      () => deps.trial.run({ installation, definition, eventId: Number(event_id), parse }),
    );
    if (!result) throw eventUnknown(event_id);
    const { event } = result;
    const show = createShow();
    return c.json({
      event: { id: String(event.id), event_type: event.eventType, received_at: event.receivedAt.toISOString() },
      faults: result.faults,
      warnings: result.warnings,
      triggered: result.triggered,
      matched: result.matched,
      rules: result.rules.map(ruleJson),
      actions: result.actions.map((action, index) => actionJson(action, { index, show })),
      sent: 0,
    });
  });
  // Before the flows, whose /ui/flows/:id would take the other methods.
  app.all(PATH, () => {
    throw new AppError("METHOD_NOT_ALLOWED", "Cannot serve the request: a flow is tested by POST", {
      details: { allow: ["POST"] },
    });
  });
}

type Show = (value: unknown, maxChars: number) => unknown;

/** Shows values whole while there is room for them, else their beginning. */
function createShow(): Show {
  let left = MAX_SHOWN_CHARS;
  return (value, maxChars) => {
    const room = Math.max(0, Math.min(maxChars, left));
    const text = jsonStart(value ?? null, room + 1);
    left -= Math.min(text.length, room);
    return text.length <= room ? value : { truncated: true, text: text.slice(0, room) };
  };
}

function actionJson(action: TrialAction, { index, show }: { index: number; show: Show }) {
  const { request } = action;
  return {
    id: action.id,
    index,
    type: action.type,
    would_run: action.wouldRun,
    request: request && {
      ...request,
      url: request.url.slice(0, MAX_VALUE_CHARS),
      query: show(request.query, MAX_VALUE_CHARS),
      headers: show(request.headers, MAX_BODY_CHARS),
      body: show(request.body, MAX_BODY_CHARS),
    },
    problem: action.problem,
    waits_for: action.waits,
    sample_from: action.sampleFrom,
    change: action.change && {
      ...action.change,
      before: action.change.before && show(action.change.before, MAX_BODY_CHARS),
      after: action.change.after && show(action.change.after, MAX_BODY_CHARS),
      changed: action.change.changed.map(({ field, before, after }) => ({
        field,
        before: show(before, MAX_VALUE_CHARS),
        after: show(after, MAX_VALUE_CHARS),
      })),
      loses: action.change.loses.map(({ field, before }) => ({ field, before: show(before, MAX_VALUE_CHARS) })),
      summary: action.change.summary.slice(0, MAX_VALUE_CHARS),
    },
    values: action.values.map(({ value, ...place }) => ({
      ...place,
      ...(value === undefined ? {} : { value: show(value, MAX_VALUE_CHARS) }),
    })),
  };
}

function checked(input: unknown): z.infer<typeof requestSchema> {
  const parsed = requestSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new AppError("REQUEST_INVALID", "Cannot test the flow: definition and event_id are due", {
    details: { faults },
  });
}
