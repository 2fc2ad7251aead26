/**
 * The action that makes an event of the workspace, `flow:<event>`, which other flows may be triggered by. It is stored as a
 * delivery is, under the step's Idempotency-Key, so that however often it is attempted there is one event.
 */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import type { Database } from "../db/db.ts";
import type { Action, ActionCall } from "../engine/action.ts";

/** Names the rounds that led to an event, among its headers. */
export const CHAIN_HEADER = "timewire-chain";
/** Events one after another, each made by a flow that the one before started: more are a circle. */
export const MAX_CHAIN = 10;
/** Of the JSON of a body. */
const MAX_BODY_BYTES = 262_144;
/** A week: a step waits a day at most, and a person may retry its run later. */
const MEMORY_SECONDS = 604_800;

/** An event to be stored (ingest/delivery.ts). */
export interface MadeEvent {
  installationId: number;
  generation: number;
  eventType: string;
  body: Uint8Array;
  text: string;
  entityKey: string;
  keyDecides: true;
  memorySeconds: number;
  headers: Record<string, string>;
  requestId: string;
}

export interface EmitEventOptions {
  db: Pick<Database, "scoped">;
  /** Stores the event, with its job, and answers once it is committed. Throws as Ingest.receive(). */
  receive(event: MadeEvent): Promise<{ eventId: number }>;
}

interface Input {
  event: string;
  body?: unknown;
}

export function createEmitEventAction({ db, receive }: EmitEventOptions): Action {
  return {
    type: "emit_event",
    effect: "none",
    describe: ({ input }) => {
      const { event, body = {} } = input as Input;
      return { event_type: `flow:${event}`, body };
    },
    run: async (call) => {
      const { event, body = {} } = call.input as Input;
      const { chain, generation } = await readRun(db, call);
      if (chain >= MAX_CHAIN) {
        const why = `${MAX_CHAIN} flows have started one another by events`;
        return { outcome: "failed", error: new AppError("LOOP_DETECTED", `Cannot emit "flow:${event}": ${why}`) };
      }
      const text = jsonText(body);
      const bytes = new Uint8Array(Buffer.from(text));
      if (bytes.byteLength > MAX_BODY_BYTES) {
        const why = `its body has ${bytes.byteLength} bytes of JSON, ${MAX_BODY_BYTES} are allowed`;
        return { outcome: "failed", error: new AppError("BODY_TOO_LARGE", `Cannot emit "flow:${event}": ${why}`) };
      }
      const { eventId } = await receive({
        installationId: call.tenant.installationId,
        generation: call.tenant.generation ?? generation,
        eventType: `flow:${event}`,
        body: bytes,
        text,
        entityKey: `step:${call.idempotencyKey}`.slice(0, 200),
        keyDecides: true,
        memorySeconds: MEMORY_SECONDS,
        headers: { [CHAIN_HEADER]: String(chain + 1) },
        requestId: call.runId,
      });
      return { outcome: "done", output: { event_id: String(eventId) } };
    },
  };
}

async function readRun(
  db: EmitEventOptions["db"],
  { runId, tenant: { installationId } }: ActionCall,
): Promise<{ chain: number; generation: number }> {
  const [run] = await db.scoped(
    { installationIds: [installationId] },
    (sql) =>
      sql<{ chain: number; generation: number }[]>`
      select chain, installation.generation from run join installation on installation.id = run.installation_id
      where run.installation_id = ${installationId} and run.id = ${runId}`,
  );
  if (!run) throw new AppError("NOT_FOUND", `Cannot find run "${runId}" in this workspace`);
  return run;
}
