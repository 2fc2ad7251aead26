/** The record of one request to Clockify: what it holds, and how it is made of what the client reports. */

import type { CallOriginKind } from "../clockify/call_origin.ts";
import type { SentCall, SentOutcome } from "../clockify/client.ts";
import { shownPath } from "./shown_path.ts";

/** How the requests ended, as filters spell it. */
export const CALL_OUTCOMES = ["succeeded", "refused", "failed", "limited", "aborted"] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** As the table clockify_call has it; no token, header or body, and no value that may be a person's text. */
export interface CallRow {
  /** UUID version 7 of `at`. */
  id: string;
  /** When it was sent. */
  at: Date;
  origin: CallOriginKind;
  /** UUID of the run, of a flow's call. */
  runId: string | null;
  flowId: number | null;
  flowVersion: number | null;
  stepPath: string | null;
  /** Clockify user id, or "operator:<name>". */
  person: string | null;
  via: "explorer" | "api_call" | null;
  /** Id of the change that is undone. */
  changeId: number | null;
  /** operationId of the catalogue. */
  operation: string;
  method: string;
  /** With the query, as shown_path.ts shows it. */
  path: string;
  /** Null: there was no answer. */
  status: number | null;
  outcome: CallOutcome;
  errorCode: string | null;
  /** From 1; later ones are quick retries. */
  attempt: number;
  durationMs: number;
  requestBytes: number;
  answerBytes: number;
  /** Clockify's id of the request. */
  upstreamId: string | null;
}

export const OUTCOME_OF: Record<SentOutcome, CallOutcome> = {
  ok: "succeeded",
  refused: "refused",
  failed: "failed",
  limited: "limited",
  aborted: "aborted",
};

const MAX_NAME_CHARS = 200;
const MAX_STEP_CHARS = 500;
/** Of `int`: a program that was asleep for longer has slept. */
const MAX_MS = 2_147_483_647;

/** The row of a request; `id` is of `atMs`, its whole milliseconds since 1970. */
export function rowOf(call: SentCall, { id, atMs }: { id: string; atMs: number }): CallRow {
  const { origin } = call;
  const flow = origin.kind === "flow" ? origin : undefined;
  return {
    id,
    at: new Date(atMs),
    origin: origin.kind,
    runId: flow?.runId ?? null,
    flowId: flow?.flowId ?? null,
    flowVersion: flow?.version ?? null,
    stepPath: flow?.stepPath.slice(0, MAX_STEP_CHARS) ?? null,
    person: "name" in origin ? origin.name.slice(0, MAX_NAME_CHARS) : null,
    via: origin.kind === "person" ? origin.via : null,
    changeId: origin.kind === "undo" ? origin.changeId : null,
    operation: call.operation.slice(0, MAX_NAME_CHARS),
    method: call.method,
    path: shownPath(call.path, call.query),
    status: call.status ?? null,
    outcome: OUTCOME_OF[call.outcome],
    errorCode: call.errorCode ?? null,
    attempt: call.attempt,
    durationMs: Math.min(MAX_MS, Math.max(0, Math.round(call.durationMs))),
    requestBytes: call.requestBytes,
    answerBytes: call.answerBytes,
    upstreamId: call.requestId ?? null,
  };
}
