/**
 * Dry run: what a draft of a flow, with or without faults, would do on a stored event or a sample. Nothing that writes is sent,
 * and nothing is stored.
 */

import type { Action } from "../../engine/action.ts";
import type { TestReads } from "../../actions/test_reads.ts";
import { secretPlaces } from "../../actions/http_secrets.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { Database } from "../../db/db.ts";
import type { RuleVerdict } from "../../engine/condition.ts";
import { parseCondition } from "../../engine/condition_shape.ts";
import { type Fault, isObject } from "../../engine/faults.ts";
import { type CompiledTemplate, parseTemplate } from "../../engine/mapping.ts";
import { isNamed, type NamedResults, namedResults } from "../../engine/named_results.ts";
import { createWorkBudget, WORK } from "../../engine/work_budget.ts";
import type { ThreadTurns } from "../../limits/thread_turns.ts";
import { REDACTED } from "../../telemetry/redact.ts";
import {
  conditionOptions,
  type FlowReading,
  type ParseFlowDeps,
  readFlow,
  withoutAnswerFields,
} from "../parse/parse_flow.ts";
import type { FindEntities } from "../../engine/entity_lookup.ts";
import { evaluateLookedUp } from "../triggers/looked_up.ts";
import { eventScope } from "../triggers/pending_event.ts";
import { hideDraftSecrets } from "../store/draft_secrets.ts";
import type { DraftDefinition } from "../store/draft_shape.ts";
import type { FlowDrafts } from "../store/drafts.ts";
import { keepFlowSecrets, mayHoldSecrets } from "../secrets.ts";
import { eventOfSource } from "../shape/flow.ts";
import { readInputs } from "../shape/inputs.ts";
import type { FlowStore } from "../store/store.ts";
import { everyStep, isAction, stepKind } from "../shape/steps.ts";
import { toStep } from "../parse/to_plan.ts";
import type { DryRunValue, DryRunWait } from "./action.ts";
import { triggersOn } from "../shape/triggers.ts";
import { readSample, type SampleResults, type WantedStep } from "./sample.ts";
import { type EventSample, readTried, type TriedEvent } from "./tried_event.ts";
import { type TriedStep, trySteps } from "./walk.ts";
import type { StepShape } from "../shape/step_lists.ts";

export interface DryRunInput {
  installation: { id: number; workspaceId: string };
  /** Anything; the answer lists the faults that `parse` finds in it. */
  definition: unknown;
  on: { eventId: number } | { sample: EventSample };
  parse: ParseFlowDeps;
  /** Of a test whose reads are made: who asks for it (clockify/call_origin.ts `personOf`). Absent: they are assumed. */
  readsFor?: { person: string; generation?: number };
}

export interface DryRunResult {
  event: Pick<TriedEvent, "id" | "eventType" | "receivedAt">;
  /** With those of a sample, where the flow declares the inputs that it would be: their paths begin with `sample.body`. */
  faults: Fault[];
  /** What may go wrong when it runs; with what is missing on this event where that widens a read. */
  warnings: Fault[];
  /** The draft's trigger names the type of the event; a run without an event is begun by whoever asks for it. */
  triggered: boolean;
  /** Null when the condition has faults, or evaluating it takes too much work: then a warning says so. */
  matched: boolean | null;
  /** Verdicts of all rules that can be parsed. */
  rules: RuleVerdict[];
  /** Each step that is tried, in the order of the walk. */
  actions: TriedStep[];
  /** Requests to Clockify that the reads were made with. */
  readCalls: number;
}

export interface DryRun {
  /** Undefined for an event that is gone. */
  run(request: DryRunInput): Promise<DryRunResult | undefined>;
}

export interface DryRunOptions {
  db: Pick<Database, "scoped">;
  flows: Pick<FlowStore, "find">;
  drafts: Pick<FlowDrafts, "find">;
  /** By type: asked to describe, never to run. */
  actions: ReadonlyMap<string, Pick<Action, "describe">>;
  catalogue: Catalogue;
  thread: ThreadTurns;
  /** As of the engine. */
  findEntities: FindEntities;
  /** Without it all reads are assumed. */
  testReads?: TestReads;
  clock?: Clock;
}

/** Stands for a secret that is stored and not opened here. */
const KEPT = "a stored secret";

export function createDryRun(
  { db, flows, drafts, actions, catalogue, thread, findEntities, testReads, clock = systemClock }: DryRunOptions,
): DryRun {
  return {
    run: async ({ installation, definition, on, parse, readsFor }) => {
      const installationId = installation.id;
      const given = await readTried(db, on, { installation, now: clock.now() });
      if (!given) return undefined;
      const storedId = isObject(definition) ? storedIdOf(definition.id) : undefined;
      const stored = storedId === undefined ? undefined : await flows.find(installationId, storedId);
      const draft = isObject(definition) ? withoutAnswerFields(definition) : definition;
      const draftOf = stored && await drafts.find(installationId, stored.id);
      const kept = [draftOf, stored].reduce<unknown>(
        (known, one) => one ? keepFlowSecrets(known, markSecrets({ ...one.definition })) : known,
        draft,
      );
      const reading = readFlow(kept, parse);
      const { event, faults: ofInput } = withInputs(given, reading);

      const pace = thread.pace(String(installationId));
      await pace();
      const conditions = isObject(kept) ? kept.conditions : undefined;
      const condition = parseCondition(conditions, "conditions", conditionOptions(kept));
      const readable = condition.faults ? condition.readable : condition.condition;
      const work = createWorkBudget(WORK.request, "one test of a flow");
      // Conditions are asked of events alone.
      const verdict = readable && event.eventType !== null && await evaluateLookedUp(readable, eventScope(event), {
        find: (queries) => findEntities(installationId, queries),
        work: work.share(WORK.flow, "a flow"),
      });
      const triggered = triggerNames(kept, event);
      const matched = condition.faults ? null : verdict ? verdict.matched : true;
      const costly = verdict && verdict.problem ? [{ path: "conditions", message: verdict.problem }] : [];
      const sample = stored && await sampleFor(reading, { db, installationId, flowId: stored.id });
      const reader = readsFor &&
        testReads?.begin({
          installation: { ...installation, generation: readsFor.generation },
          person: readsFor.person,
        });
      const { tried, isCut } = await trySteps(reading.steps, {
        event,
        sample,
        actions,
        catalogue,
        findEntities,
        tenant: tenantOf(installation),
        events: triggersOf(kept),
        now: clock.now(),
        work,
        pace,
        runs: triggered && matched === true,
        reader,
      });
      const cut = isCut
        ? [{ path: "actions", message: `are shown up to ${tried.length} steps, counting each item of a loop` }]
        : [];
      return {
        event,
        faults: [...ofInput, ...reading.faults],
        warnings: [
          ...reading.warnings,
          ...costly,
          ...cut,
          ...tried.flatMap(({ values, waits }) => missingQuery(values, waits)),
        ],
        triggered,
        matched,
        rules: verdict ? verdict.rules : [],
        actions: tried,
        readCalls: reader?.calls() ?? 0,
      };
    },
  };
}

/** Query parameters that give nothing on this event: they are left out, and the read is wider than it is written. */
function missingQuery(values: DryRunValue[], waits: DryRunWait[]): Fault[] {
  const waiting = new Set(waits.map(({ at }) => at));
  return values
    .filter((place) => /^actions\[[^"]*\]\.query_params[.[]/.test(place.at) && !waiting.has(place.at))
    .filter(({ value, problem }) => problem === undefined && (value === undefined || value === null || value === ""))
    .map(({ at }) => ({
      path: at,
      message:
        "gives nothing on this event: the parameter is left out or empty, and more is found; required() fails the step",
    }));
}

function storedIdOf(id: unknown): number | undefined {
  return typeof id === "string" && /^[1-9]\d{0,14}$/.test(id) ? Number(id) : undefined;
}

/** The stored flow with a word in the place of each secret: enough to see that a draft keeps it. */
function markSecrets(definition: DraftDefinition): DraftDefinition {
  const marked = structuredClone(hideDraftSecrets(definition));
  for (const { step: action } of everyStep<unknown>(Array.isArray(marked.actions) ? marked.actions : [])) {
    if (stepKind(action) !== "action" || !mayHoldSecrets(action)) continue;
    for (const { value, set } of secretPlaces(action)) if (value === REDACTED) set(KEPT);
  }
  return marked;
}

/** The sample as the run would find it, where people fill in a form for it: its faults, or its values with what is left out. */
function withInputs(event: TriedEvent, { outer }: FlowReading): { event: TriedEvent; faults: Fault[] } {
  const { manual, schedules } = outer?.triggers ?? {};
  const isSlot = schedules !== undefined && isObject(event.body) && Object.hasOwn(event.body, "scheduled_at");
  if (event.eventType !== null || !manual || isSlot) return { event, faults: [] };
  const { input, faults } = readInputs(manual.inputs, event.body, "sample.body");
  return faults.length > 0 ? { event, faults } : { event: { ...event, body: input }, faults };
}

function triggerNames(draft: unknown, { eventType, delivery }: TriedEvent): boolean {
  if (eventType === null || !delivery) return true;
  return triggersOf(draft).some((type) => triggersOn(type, { eventType, delivery }));
}

function triggersOf(draft: unknown): string[] {
  if (!isObject(draft) || !Array.isArray(draft.trigger_event_types)) return [];
  return draft.trigger_event_types.flatMap((type) =>
    typeof type === "string" ? [eventOfSource(type, draft.trigger_source)] : []
  );
}

function sampleFor(
  { steps }: FlowReading,
  place: { db: Pick<Database, "scoped">; installationId: number; flowId: number },
): Promise<SampleResults | undefined> {
  const isFlat = steps.every(({ own }) => !own || isAction(own));
  const names = isFlat ? namesIn(steps) : undefined;
  // No step can name the result of the last one.
  const wanted = isFlat
    ? steps.slice(0, -1).flatMap(({ id, own }, place) =>
      own && isAction(own) && (!names || isNamed(names, { id }, place))
        ? [{ path: `root/${id}`, step: toStep(own) }]
        : []
    )
    : wantedIn(steps, "root");
  return wanted.length === 0 ? Promise.resolve(undefined) : readSample(place.db, { ...place, wanted });
}

/** Not those of loops: their items are others in each run. */
function wantedIn(steps: readonly StepShape[], parent: string): WantedStep[] {
  return steps.flatMap(({ id, own, lists }) => {
    if (own && isAction(own)) return [{ path: `${parent}/${id}`, step: toStep(own) }];
    return lists.flatMap(({ number, steps }) =>
      number === undefined ? [] : wantedIn(steps, `${parent}/${id}#${number}`)
    );
  });
}

/** The results that the actions name; undefined where one cannot be read. */
function namesIn(steps: FlowReading["steps"]): NamedResults | undefined {
  const items: CompiledTemplate[] = [];
  for (const { own } of steps) {
    const { template } = own && isAction(own) ? parseTemplate(toStep(own).input, "") : {};
    if (!template) return undefined;
    items.push(template);
  }
  return namedResults({ kind: "list", items });
}

function tenantOf({ id, workspaceId }: DryRunInput["installation"]) {
  return { installationId: id, workspaceId };
}
