/** Dry run: what a draft of a flow, with or without faults, would do on a stored event. Nothing is sent or stored. */

import type { Action } from "../engine/action.ts";
import { secretPlaces } from "../actions/http_secrets.ts";
import type { Catalogue } from "../clockify/operations.ts";
import type { Database } from "../db/db.ts";
import { evaluateCondition, type RuleVerdict } from "../engine/condition.ts";
import { parseCondition } from "../engine/condition_shape.ts";
import { type Fault, isObject } from "../engine/faults.ts";
import { type CompiledTemplate, outputBudget, parseTemplate } from "../engine/mapping.ts";
import { isNamed, type NamedResults, namedResults } from "../engine/named_results.ts";
import { inTurn } from "../engine/turns.ts";
import { createWorkBudget, WORK, type WorkBudget } from "../engine/work_budget.ts";
import type { Pace, ThreadTurns } from "../limits/thread_turns.ts";
import { REDACTED } from "../telemetry/redact.ts";
import { conditionOptions, type FlowReading, type ParseFlowDeps, readFlow, withoutAnswerFields } from "./parse_flow.ts";
import { eventScope, loadEvents, type PendingEvent } from "./pending_event.ts";
import { hideDraftSecrets } from "./draft_secrets.ts";
import type { DraftDefinition } from "./draft_shape.ts";
import type { FlowDrafts } from "./drafts.ts";
import { keepFlowSecrets, mayHoldSecrets } from "./secrets.ts";
import { eventOfSource } from "./shape.ts";
import type { FlowStore } from "./store.ts";
import { everyStep, isAction, stepKind } from "./steps.ts";
import { toStep } from "./to_plan.ts";
import { describeAction, type DescribedAction, type DryRunValue, type DryRunWait } from "./dry_run_action.ts";
import { triggersOn } from "./triggers.ts";
import { readSample, type SampleResults } from "./dry_run_sample.ts";

export interface DryRunInput {
  installation: { id: number; workspaceId: string };
  /** Anything; the answer lists the faults that `parse` finds in it. */
  definition: unknown;
  eventId: number;
  parse: ParseFlowDeps;
}

export interface DryRunAction extends DescribedAction {
  id: string;
  type: string;
  /** The flow listens and matches, and no problem is known of this action or one before it. */
  wouldRun: boolean;
  /** The run whose results stand in for those of earlier steps; null when none was needed. */
  sampleFrom: string | null;
}

export interface DryRunResult {
  event: Pick<PendingEvent, "id" | "eventType" | "receivedAt">;
  faults: Fault[];
  /** What may go wrong when it runs; with what is missing on this event where that widens a read. */
  warnings: Fault[];
  /** The draft's trigger names the type of the event. */
  triggered: boolean;
  /** Null when the condition has faults, or evaluating it takes too much work: then a warning says so. */
  matched: boolean | null;
  /** Verdicts of all rules that can be parsed. */
  rules: RuleVerdict[];
  actions: DryRunAction[];
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
}

/** Characters of JSON that the expressions of one dry run may give, roughly. */
const MAX_GIVEN = 20_000_000;
/** Stands for a secret that is stored and not opened here. */
const KEPT = "a stored secret";

export function createDryRun({ db, flows, drafts, actions, catalogue, thread }: DryRunOptions): DryRun {
  return {
    run: async ({ installation, definition, eventId, parse }) => {
      const installationId = installation.id;
      const [event] = await loadEvents(db, [{ installationId, eventId }]);
      if (!event) return undefined;
      const storedId = isObject(definition) ? storedIdOf(definition.id) : undefined;
      const stored = storedId === undefined ? undefined : await flows.find(installationId, storedId);
      const draft = isObject(definition) ? withoutAnswerFields(definition) : definition;
      const draftOf = stored && await drafts.find(installationId, stored.id);
      const kept = [draftOf, stored].reduce<unknown>(
        (known, one) => one ? keepFlowSecrets(known, markSecrets({ ...one.definition })) : known,
        draft,
      );
      const reading = readFlow(kept, parse);

      const pace = thread.pace(String(installationId));
      await pace();
      const conditions = isObject(kept) ? kept.conditions : undefined;
      const condition = parseCondition(conditions, "conditions", conditionOptions(kept));
      const readable = condition.faults ? condition.readable : condition.condition;
      const work = createWorkBudget(WORK.request, "one test of a flow");
      const verdict = readable &&
        await inTurn(() => evaluateCondition(readable, eventScope(event), { work: work.share(WORK.flow, "a flow") }));
      const triggered = triggerNames(kept, event);
      const matched = condition.faults ? null : verdict!.matched;
      const costly = verdict?.problem ? [{ path: "conditions", message: verdict.problem }] : [];
      const sample = stored && await sampleFor(reading, { db, installationId, flowId: stored.id });
      const tried = await describeActions(reading, {
        event,
        sample,
        actions,
        catalogue,
        tenant: tenantOf(installation),
        work,
        pace,
      });
      let runs = triggered && matched === true;
      return {
        event,
        faults: reading.faults,
        warnings: [
          ...reading.warnings,
          ...costly,
          ...tried.flatMap(({ values, waits }) => missingQuery(values, waits)),
        ],
        triggered,
        matched,
        rules: verdict?.rules ?? [],
        actions: tried.map((action) => {
          runs &&= action.problem === null;
          return { ...action, wouldRun: runs };
        }),
      };
    },
  };
}

/** Query parameters that give nothing on this event: they are left out, and the read is wider than it is written. */
function missingQuery(values: DryRunValue[], waits: DryRunWait[]): Fault[] {
  const waiting = new Set(waits.map(({ at }) => at));
  return values
    .filter((place) => /^actions\[\d+\]\.query_params[.[]/.test(place.at) && !waiting.has(place.at))
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

function triggerNames(draft: unknown, event: PendingEvent): boolean {
  if (!isObject(draft) || !Array.isArray(draft.trigger_event_types)) return false;
  return draft.trigger_event_types.some((type) =>
    typeof type === "string" && triggersOn(eventOfSource(type, draft.trigger_source), event)
  );
}

function sampleFor(
  { steps }: FlowReading,
  place: { db: Pick<Database, "scoped">; installationId: number; flowId: number },
): Promise<SampleResults | undefined> {
  const names = namesIn(steps);
  // No step can name the result of the last one.
  const wanted = steps.slice(0, -1).flatMap(({ id, own }, place) =>
    own && isAction(own) && (!names || isNamed(names, { id }, place)) ? [toStep(own)] : []
  );
  return wanted.length === 0 ? Promise.resolve(undefined) : readSample(place.db, { ...place, wanted });
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

async function describeActions(
  { steps: shapes }: FlowReading,
  { event, sample, actions, catalogue, tenant, work, pace }: {
    event: PendingEvent;
    sample: SampleResults | undefined;
    actions: DryRunOptions["actions"];
    catalogue: Catalogue;
    tenant: { installationId: number; workspaceId: string };
    work: WorkBudget;
    pace: Pace;
  },
): Promise<Omit<DryRunAction, "wouldRun">[]> {
  const ids = shapes.map(({ id }) => id);
  const results = ids.map((id) => ({ id, output: sample?.outputs.get(id) }));
  const all = outputBudget({ limit: MAX_GIVEN });
  const tried: Omit<DryRunAction, "wouldRun">[] = [];
  for (const [index, { id, raw, own: value }] of shapes.entries()) {
    const isOne = value !== undefined && isAction(value);
    const action = isOne ? actions.get(value.type) : undefined;
    const type = isOne ? value.type : typeof raw.type === "string" ? raw.type : "clockify";
    if (!isOne || !action) {
      const problem = "Cannot try the action: it has faults";
      tried.push({ id, type, request: null, problem, waits: [], values: [], change: null, sampleFrom: null });
      continue;
    }
    await pace();
    let asked = false;
    // A step's own limits, and those of the dry run.
    const step = work.share(WORK.step, "one step");
    const own = outputBudget({ work: step });
    const result = await inTurn(() =>
      describeAction(value, {
        index,
        ids,
        isKnown: (position) => {
          const known = sample?.outputs.has(ids[position]!) ?? false;
          asked ||= known;
          return known;
        },
        scope: eventScope(event, results.slice(0, index)),
        limits: {
          charge: (given) => {
            all(given);
            own(given);
          },
          work: step,
        },
        tenant,
        action,
        catalogue,
      })
    );
    tried.push({ id, type, ...result, sampleFrom: asked ? sample!.runId : null });
  }
  return tried;
}
