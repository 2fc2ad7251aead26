/** POST /ui/flows/test: dry run, which shows what a draft of a flow would do on a stored event: it reads, and writes nothing. */

import type { Hono } from "hono";
import { z } from "zod";
import { personOf } from "../../clockify/call_origin.ts";
import { AppError } from "../../base/errors.ts";
import { eventUnknown } from "../../events/store.ts";
import type { DryRun } from "../../flows/dry_run/dry_run.ts";
import type { TriedStep } from "../../flows/dry_run/walk.ts";
import type { AppEnv } from "../server/app_env.ts";
import { readerOf } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { ruleJson } from "./event_flows.ts";
import { FLOW_INPUT_EXAMPLE, ruleVerdict } from "./flow_schemas.ts";
import { type FlowSavingDeps, parseDeps } from "./flow_saving.ts";
import { anyJson, fault, id, instant, orNull } from "./schemas.ts";
import { createShow, type Show } from "./shown_json.ts";

export interface DryRunRoutesDeps extends FlowSavingDeps {
  dryRun: DryRun;
}

const PATH = "/ui/flows/test";
/** A value is shown up to so many characters of JSON, a body up to ten times as many. */
const MAX_VALUE_CHARS = 5_000;
const MAX_BODY_CHARS = 50_000;
/** All that one answer shows. */
const MAX_SHOWN_CHARS = 2_000_000;

const requestSchema = z.strictObject({
  definition: anyJson.meta({
    description:
      "A flow, with or without faults; with the id of a stored one its secrets and those of its draft stand in",
  }),
  event_id: z.string("must be the id of an event").regex(/^[1-9]\d{0,14}$/, 'must be the id of an event, as in "17"')
    .optional().meta({ description: "A stored event; left out where there is a sample" }),
  sample: z.strictObject({
    event_type: z.string("must be text").min(1, "must be the type of an event").max(
      200,
      "must have at most 200 characters",
    )
      .optional().meta({
        description:
          "As triggers name it: NEW_TIME_ENTRY, custom:shop/order; left out: a run that no event begins, by hand, API or schedule",
        example: "NEW_TIME_ENTRY",
      }),
    body: anyJson.meta({ description: "What the steps find at $.webhook: of the event, or the input" }),
  }, "must be an object of event_type and body").optional().meta({
    description: "In place of a stored event; it is stored nowhere",
  }),
  reads: z.enum(["made", "assumed"], 'must be "made" or "assumed"').default("made").meta({
    description: "Whether what steps read is asked of Clockify, by GETs alone; what is not, is assumed",
  }),
}, "must be an object of definition, event_id or sample, and reads").refine(
  ({ event_id, sample }) => (event_id === undefined) !== (sample === undefined),
  { path: ["event_id"], error: "is required, or a sample in its place: one of the two" },
);

const change = z.object({
  mode: z.enum(["merge", "replace", "find", "create", "update", "delete"]),
  noun: z.string(),
  reads: z.string().nullable().meta({ description: "operationId of the read before" }),
  before: anyJson.meta({ description: "The object as it was read, else as the event shows it; null where neither is" }),
  after: anyJson,
  changed: z.array(z.object({ field: z.string(), before: anyJson, after: anyJson })),
  loses: z.array(z.object({ field: z.string(), before: anyJson })).meta({ description: "What a replace leaves out" }),
  summary: z.string(),
}).meta({ id: "DryRunChange" });

const dryRunStep = z.object({
  kind: z.enum(["action", "branch", "parallel", "loop", "wait", "approval", "try", "end"]),
  place: z.string().meta({ example: "actions[2].cases[0].actions[1]" }),
  items: z.array(z.int()).meta({ description: "Of the loops around, the outermost first, from 0" }),
  says: z.string().nullable().meta({ description: "What it would do, in words", example: "takes case 2" }),
  depends_on: z.string().nullable()
    .meta({ description: "Place of the step that decides whether this one is walked, where that is not known" }),
}).meta({ id: "DryRunStep", description: "Of a step that is no action at the top, or calls nothing" });

const dryRunRead = z.object({
  state: z.enum(["made", "assumed", "failed"]),
  operation: z.string().meta({ description: "operationId of the read" }),
  answer: anyJson.optional().meta({ description: "Of a read that was made, without secrets" }),
  problem: z.string().nullable().meta({ description: "Why it failed; the steps behind it go on as assumed" }),
}).meta({ id: "DryRunRead" });

const dryRunAction = z.object({
  id: z.string(),
  index: z.int().meta({ description: "Position at the top of the flow, of it or of the step that holds it" }),
  type: z.string().meta({ description: "Of an action its type, else its kind" }),
  step: dryRunStep.optional(),
  would_run: z.boolean(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    query: anyJson,
    headers: anyJson,
    body: anyJson,
    as_user: z.string().optional(),
    reads: z.string().optional(),
  }).nullable(),
  problem: z.string().nullable(),
  waits_for: z.array(z.object({ at: z.string(), expression: z.string(), needs: z.string() })),
  sample_from: z.string().nullable().meta({ description: "Run whose results stand in for those of earlier steps" }),
  change: orNull(change),
  read: dryRunRead.optional().meta({ description: "Of a step that reads in Clockify" }),
  values: z.array(z.object({
    at: z.string(),
    template: z.string(),
    value: anyJson.optional(),
    problem: z.string().optional(),
  })).meta({ description: "Places that hold expressions, and their values" }),
}).meta({ id: "DryRunAction" });

const testFlow = defineRoute({
  method: "post",
  path: PATH,
  tag: "Flows",
  summary: "Dry run: what a draft would do on a stored event or a sample; nothing that writes is sent",
  about:
    "Reads of the steps that would be walked are made, by GETs, up to 20 requests and 10 s in all and 1 MB each; an answer holds for 30 s. " +
    'Long values are cut, as {"truncated": true, "text": "..."}.',
  who: "admin",
  // A dry run stores nothing.
  creates: false,
  costly: true,
  body: {
    schema: requestSchema,
    refusal: "Cannot test the flow: expected definition, and event_id or sample",
    example: { definition: FLOW_INPUT_EXAMPLE, event_id: "17" },
  },
  answer: {
    status: 200,
    about: "Faults, whether it would run, and what each action would send",
    schema: z.object({
      event: z.object({
        id: id.nullable().meta({ description: "null: a sample" }),
        event_type: z.string().nullable().meta({ description: "null: a sample of an input" }),
        received_at: instant,
      }),
      faults: z.array(fault),
      warnings: z.array(fault),
      triggered: z.boolean(),
      matched: z.boolean().nullable().meta({ description: "null when the conditions have faults" }),
      rules: z.array(ruleVerdict),
      actions: z.array(dryRunAction),
      sent: z.literal(0).meta({ description: "Requests that write" }),
      reads_made: z.int().meta({ description: "Requests to Clockify that read" }),
    }).meta({ id: "DryRun" }),
    example: {
      event: { id: "17", event_type: "NEW_TIME_ENTRY", received_at: "2026-11-21T08:00:00.000Z" },
      faults: [],
      warnings: [],
      triggered: true,
      matched: false,
      rules: [{
        path: "all[0]",
        field: "$.webhook.projectId",
        operator: "==",
        expected: "64a687e29ae1f428e7ebe399",
        actual: "64a687e29ae1f428e7ebe300",
        matched: false,
        reason: "it is another one",
      }],
      actions: [],
      sent: 0,
      reads_made: 0,
    },
  },
  problems: ["NOT_FOUND"],
});
export const dryRunRoutes = [testFlow];

export function mountDryRun(app: Hono<AppEnv>, deps: DryRunRoutesDeps) {
  mount(app, deps, testFlow, async ({ login, body }) => {
    const { installation } = login;
    const { definition, event_id, sample, reads } = await body();
    const parse = await parseDeps(installation, deps);
    const result = await deps.costly.run(
      readerOf(login),
      () =>
        deps.dryRun.run({
          installation,
          definition,
          on: sample
            ? { sample: { eventType: sample.event_type ?? null, body: sample.body } }
            : { eventId: Number(event_id) },
          parse,
          ...(reads === "made" && { readsFor: { person: personOf(login), generation: installation.generation } }),
        }),
    );
    if (!result) throw eventUnknown(event_id!);
    const { event } = result;
    const show = createShow({ maxChars: MAX_SHOWN_CHARS });
    return {
      event: {
        id: event.id === null ? null : String(event.id),
        event_type: event.eventType,
        received_at: event.receivedAt.toISOString(),
      },
      faults: result.faults,
      warnings: result.warnings,
      triggered: result.triggered,
      matched: result.matched,
      rules: result.rules.map(ruleJson),
      actions: result.actions.map((action) => actionJson(action, show)),
      sent: 0 as const,
      reads_made: result.readCalls,
    };
  });
  // Before the flows, whose /ui/flows/:id would take the other methods.
  app.all(PATH, () => {
    throw new AppError("METHOD_NOT_ALLOWED", "Cannot serve the request: a flow is tested by POST", {
      details: { allow: ["POST"] },
    });
  });
}

/** Beside what is said of an action that stands at the top. */
function stepJson({ kind, place, index, items, says, dependsOn }: TriedStep) {
  if (says === null && place === `actions[${index}]` && kind === "action") return {};
  return { step: { kind, place, items: [...items], says, depends_on: dependsOn } };
}

function actionJson(action: TriedStep, show: Show) {
  const { request, index } = action;
  return {
    id: action.id,
    index,
    type: action.type,
    ...stepJson(action),
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
    ...(action.read && { read: readJson(action.read, show) }),
    values: action.values.map(({ value, ...place }) => ({
      ...place,
      ...(value === undefined ? {} : { value: show(value, MAX_VALUE_CHARS) }),
    })),
  };
}

function readJson({ answer, ...read }: NonNullable<TriedStep["read"]>, show: Show) {
  return { ...read, ...(answer !== undefined && { answer: show(answer, MAX_BODY_CHARS) }) };
}
