/** Dry run of the steps of a flow, one after another with those below them, as far as the sample says which are walked. */

import type { Action } from "../../engine/action.ts";
import type { TestReader } from "../../actions/test_reads.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import { outputBudget } from "../../engine/mapping.ts";
import { installationFacts } from "../../engine/scope.ts";
import { inTurn } from "../../engine/turns.ts";
import { WORK, type WorkBudget } from "../../engine/work_budget.ts";
import type { Pace } from "../../limits/thread_turns.ts";
import type { FlowAction } from "../shape/definition.ts";
import type { FindEntities } from "../../engine/entity_lookup.ts";
import { describeAction, type DescribedAction } from "./action.ts";
import { createFrame, frameScope, type Known, missingIn, namedIn, UNKNOWN } from "./frame.ts";
import type { SampleResults } from "./sample.ts";
import type { Line, Outcome, Walking } from "./line.ts";
import { tryControl } from "./steps.ts";
import type { FindOfEvent } from "../triggers/looked_up.ts";
import { createTriedValues } from "./values.ts";
import { fieldTypes } from "../parse/field_types.ts";
import type { TriedEvent } from "./tried_event.ts";
import type { StepShape } from "../shape/step_lists.ts";
import { isAction, type StepKind, stepKind, topOf } from "../shape/steps.ts";

export interface TriedStep extends DescribedAction {
  id: string;
  /** Of an action its type, else its kind. */
  type: string;
  kind: StepKind;
  /** As in `actions[2].cases[0].actions[1]`. */
  place: string;
  /** Of it, or of the one at the top that holds it. */
  index: number;
  /** Numbers of the items of the loops around, the outermost first. */
  items: readonly number[];
  /** What it would do beside its request, in words. */
  says: string | null;
  /** The step that decides whether it is walked, where that is not known. */
  dependsOn: string | null;
  /** The flow listens and matches, it is certainly walked, and no problem is known of this step or one before it. */
  wouldRun: boolean;
  /** The run whose results stand in for those of earlier steps; null when none was needed. */
  sampleFrom: string | null;
}

export interface WalkContext {
  event: TriedEvent;
  sample: SampleResults | undefined;
  actions: ReadonlyMap<string, Pick<Action, "describe">>;
  catalogue: Catalogue;
  findEntities: FindEntities;
  tenant: { installationId: number; workspaceId: string };
  events: readonly string[];
  now: number;
  work: WorkBudget;
  pace: Pace;
  /** It listens for the event, and its conditions match. */
  runs: boolean;
  /** Makes the reads of the steps that would certainly be walked; absent where they are assumed. */
  reader?: Pick<TestReader, "read">;
}

/** Steps that one answer lists: of a loop in a loop each item counts. */
const MAX_TRIED = 300;
/** Characters of JSON that the expressions of one dry run may give, roughly. */
const MAX_GIVEN = 20_000_000;

/** `isCut`: there are more than MAX_TRIED. */
export async function trySteps(
  steps: readonly StepShape[],
  context: WalkContext,
): Promise<{ tried: TriedStep[]; isCut: boolean }> {
  const { event, sample, actions, catalogue, tenant, events, work, pace } = context;
  const isFlat = steps.every(({ raw }) => stepKind(raw) === "action");
  const all = outputBudget({ limit: MAX_GIVEN });
  const typeOf = fieldTypes(events);
  const find: FindOfEvent = (queries) => context.findEntities(tenant.installationId, queries);
  const tried: TriedStep[] = [];
  /** Ids of steps whose results are the sample's. */
  const sampled = new Set<string>();
  let isCut = false;

  /** A step's own limits, and those of the dry run. */
  function limitsOfStep() {
    const own = work.share(WORK.step, "one step");
    const charge = outputBudget({ work: own });
    return {
      charge: (given: unknown) => {
        all(given);
        charge(given);
      },
      work: own,
    };
  }

  function list(shape: StepShape, line: Line, found: DescribedAction & Partial<TriedStep>): Outcome {
    const { id, place, raw, own } = shape;
    const kind = stepKind(raw) ?? "action";
    const { state } = line;
    state.runs &&= found.problem === null;
    tried.push({
      ...found,
      id,
      type: own && isAction(own)
        ? own.type
        : kind !== "action"
        ? kind
        : typeof raw.type === "string"
        ? raw.type
        : "clockify",
      kind,
      place,
      index: topOf(place),
      items: line.items,
      says: found.says ?? null,
      dependsOn: line.dependsOn,
      wouldRun: state.runs,
      sampleFrom: found.sampleFrom ?? null,
    });
    return found.problem === null ? "on" : "failed";
  }

  const walking: Walking = {
    now: context.now,
    timeZone: installationFacts(event).timeZone,
    add: (shape, line, { says, values: { problem, waits, values } }) =>
      list(shape, line, { request: null, problem, waits, values, change: null, read: null, says }),
    end: ({ id }, line, output) => {
      line.frame.results.push({ id, output });
      return "on";
    },
    walkList: async (below, line) => {
      let outcome: Outcome = "on";
      for (const shape of below) {
        if (tried.length >= MAX_TRIED) {
          isCut = true;
          break;
        }
        const one = await walkStep(shape, line);
        if (one === "ended") return one;
        if (one === "failed") outcome = one;
      }
      return outcome;
    },
  };

  async function walkStep(shape: StepShape, line: Line): Promise<Outcome> {
    const { own } = shape;
    await pace();
    if (!own) {
      const problem = stepKind(shape.raw) === "action"
        ? "Cannot try the action: it has faults"
        : "Cannot try the step: it has faults";
      list(shape, line, { request: null, problem, waits: [], values: [], change: null, read: null });
      return failed(shape, line);
    }
    if (isAction(own)) {
      return own.type === "clockify" || own.type === "http"
        ? await walkCall(shape, own, line)
        : await inTurn(() => walkOwn(shape, own, line));
    }
    const values = createTriedValues({ event, frame: line.frame, isFlat, limits: limitsOfStep(), find, typeOf });
    return await tryControl(own, { shape, line, values, walking });
  }

  /** What follows is tried all the same, without what this would have given. */
  function failed({ id }: StepShape, line: Line): Outcome {
    line.frame.results.push({ id, output: UNKNOWN });
    return "failed";
  }

  async function walkCall(shape: StepShape, own: FlowAction, line: Line): Promise<Outcome> {
    const action = actions.get(own.type);
    const path = `${line.path}/${shape.id}`;
    if (!action) {
      const problem = "Cannot try the action: it has faults";
      list(shape, line, { request: null, problem, waits: [], values: [], change: null, read: null });
      return failed(shape, line);
    }
    let asked = false;
    const { frame } = line;
    const limits = limitsOfStep();
    // Of what may never be walked nothing is asked.
    const reader = line.state.runs && line.dependsOn === null ? context.reader : undefined;
    const { output, ...result } = await inTurn(() =>
      describeAction(own, {
        place: shape.place,
        stepPath: path,
        missing: (path) => {
          asked ||= namedIn(frame, path, { isFlat }).some((id) => sampled.has(id));
          return missingIn(frame, path, { isFlat });
        },
        scope: frameScope(event, frame),
        limits,
        tenant,
        action,
        catalogue,
        findEntities: context.findEntities,
        reader,
      })
    );
    const outcome = list(shape, line, { ...result, sampleFrom: asked ? sample!.runId : null });
    const isSampled = output === undefined && (sample?.outputs.has(path) ?? false);
    if (isSampled) sampled.add(shape.id);
    frame.results.push({
      id: shape.id,
      output: output
        ? { known: true, value: output.value }
        : isSampled
        ? { known: true, value: sample!.outputs.get(path) }
        : UNKNOWN,
    });
    return outcome;
  }

  async function walkOwn(
    shape: StepShape,
    own: Exclude<FlowAction, { type: "clockify" | "http" }>,
    line: Line,
  ): Promise<Outcome> {
    const { place } = shape;
    const values = createTriedValues({ event, frame: line.frame, isFlat, limits: limitsOfStep(), find, typeOf });
    let says: string | null = null;
    let output: Known = UNKNOWN;
    switch (own.type) {
      case "transform": {
        const given = await values.give(own.output, `${place}.output`);
        output = given.known ? { known: true, value: given.value ?? null } : given;
        break;
      }
      case "variables": {
        says = `sets ${Object.keys(own.set).join(", ")}`;
        const set: Record<string, unknown> = {};
        let isKnown = true;
        for (const [name, written] of Object.entries(own.set)) {
          const given = await values.give(written, `${place}.set.${name}`);
          line.frame.vars.set(name, given);
          if (!given.known) isKnown = false;
          else if (given.value !== undefined) set[name] = given.value;
        }
        if (isKnown) output = { known: true, value: set };
        break;
      }
      case "emit_event":
        says = `would make the event flow:${own.event}`;
        if (own.body !== undefined) await values.give(own.body, `${place}.body`);
        break;
      case "run_flow":
        says = `would run flow ${own.flow_id}${own.wait ? ", and wait until it is over" : ""}`;
        if (own.input !== undefined) await values.give(own.input, `${place}.input`);
        break;
    }
    const outcome = walking.add(shape, line, { says, values });
    line.frame.results.push({ id: shape.id, output: outcome === "failed" ? UNKNOWN : output });
    return outcome;
  }

  await walking.walkList(steps, {
    frame: createFrame(),
    path: "root",
    items: [],
    dependsOn: null,
    state: { runs: context.runs },
  });
  return { tried, isCut };
}
