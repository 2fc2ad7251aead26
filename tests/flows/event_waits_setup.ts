/** Runs whose steps wait, and events of their workspace, over the real queue, dispatch, journal and engine. */

import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { Engine } from "../../src/engine/run.ts";
import type { ApprovalStep, PlanStep, WaitStep } from "../../src/engine/plan.ts";
import { createDispatch } from "../../src/flows/triggers/dispatch.ts";
import { createRunBudget } from "../../src/flows/gates/run_budget.ts";
import { createEventWaits, type EventWaitsOptions } from "../../src/flows/triggers/event_waits.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { addRun, type EngineSetup, fakeAction, setUpEngine, type step } from "../engine/setup.ts";
import { setUpWorker } from "../queue/setup.ts";
import { installationOf } from "../signals/setup.ts";

export const waitStep = (id: string, fields: Partial<WaitStep>): PlanStep =>
  ({ kind: "wait", id, ...fields }) as unknown as PlanStep;

/** For an event of this type; `rules` as of a flow's condition. */
export const waitForEvent = (
  id: string,
  types: string | string[],
  fields: Partial<WaitStep> & { rules?: unknown } = {},
) => {
  const { rules = null, ...rest } = fields;
  return waitStep(id, { event: { types: [types].flat(), condition: { rules } }, ...rest });
};

export const approvalStep = (id: string, fields: Partial<ApprovalStep> = {}): PlanStep =>
  ({
    kind: "approval",
    id,
    people: ["user-1"],
    roles: [],
    note: "May it?",
    ask: [],
    approved: [],
    ...fields,
  }) as unknown as PlanStep;

export async function addWaitingRun(db: Database, steps: PlanStep[], event?: unknown): Promise<string> {
  return await addRun(db, { steps: steps as ReturnType<typeof step>[], ...(event !== undefined && { event }) });
}

export interface SceneOptions extends Omit<EngineSetup, "kinds"> {
  actions?: ReturnType<typeof fakeAction>[];
  waits?: Partial<EventWaitsOptions>;
  /** Of its worker. */
  owner?: string;
}

/** The handler of events; no flow listens for them. */
export function dispatchOver(db: Database, { prime }: Pick<Engine, "prime">) {
  return createDispatch({
    findEntities: () => Promise.resolve([]),
    db,
    clock: systemClock,
    prime,
    flowsEnabled: () => Promise.resolve(true),
    budget: createRunBudget({ perMinute: 60_000, clock: systemClock }),
    cancelRun: () => Promise.resolve(),
    wake: () => {},
    onDispatched: () => {},
    onThrottled: () => {},
  });
}

/** A program in small: works off what is due by `settle()`. */
export function sceneOver(
  db: Database,
  { actions = [fakeAction()], waits, owner = "worker-1", ...engineOptions }: SceneOptions = {},
) {
  const queue = createPostgresQueue(db, systemClock);
  const { engine } = setUpEngine(db, actions, engineOptions);
  const endWaits = createEventWaits({ db, wake: queue.wake, ...waits });
  const { worker } = setUpWorker(db, {
    event: dispatchOver(db, engine),
    run: engine.advance,
    handlers: { waits: endWaits },
    clock: systemClock,
    owner,
  });
  return {
    queue,
    endWaits,
    /** All that may be worked on now. */
    settle: async () => {
      while (await worker.drain() > 0);
    },
    /** Works until it is stopped; of runs it only takes note that they may go on. */
    serve: () => {
      const { worker: server } = setUpWorker(db, {
        event: dispatchOver(db, engine),
        handlers: { waits: endWaits },
        clock: systemClock,
      });
      server.run();
      return { stop: () => server.stop(1_000) };
    },
  };
}

/** An event of the run's workspace with its job, as ingest stores it; its id. */
export async function deliver(
  db: Database,
  runId: string,
  { type = "NEW_TAG", customType = null, body = {} }: { type?: string; customType?: string | null; body?: unknown } =
    {},
): Promise<number> {
  const installationId = await installationOf(db, runId);
  const [row] = await db.sql<{ id: number }[]>`
    with event as (
      insert into event (installation_id, id, workspace_id, event_type, custom_type, entity_key, request_id, headers, body)
      values (${installationId}, nextval('event_id_seq'), 'workspace-1', ${type}, ${customType}, 'tag:1', 'request-1', '{}',
        ${new TextEncoder().encode(JSON.stringify(body))})
      returning id
    ), job as (
      insert into job (kind, installation_id, payload)
      select 'event', ${installationId}, jsonb_build_object('event_id', event.id) from event
    )
    select id from event`;
  return row!.id;
}
