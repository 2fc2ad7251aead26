/** What the client reports of each request that it sent. */

import { Buffer } from "node:buffer";
import type { ErrorCode } from "../base/errors.ts";
import type { SafeResponse } from "../egress/safe_fetch.ts";
import type { ClockifyAnswer } from "./answer.ts";
import type { CallOrigin } from "./call_origin.ts";
import type { HttpMethod } from "./operations.ts";
import type { BuiltRequest, CallParts } from "./request.ts";

/** What came of one request; aborted: its caller gave it up before there was an answer. */
export type SentOutcome = ClockifyAnswer["kind"] | "aborted";

/** One request that was sent, whatever came of it; no token, no header and no body is in it. */
export interface SentCall {
  origin: CallOrigin;
  addonKey: string;
  workspaceId: string;
  /** Absent where the caller did not know it. */
  installationId?: number;
  /** Its operationId. */
  operation: string;
  /** Its tag in the catalogue. */
  family: string;
  method: HttpMethod;
  /** With its values, without the query. */
  path: string;
  /** As it was given: a value may be a name of a person. */
  query?: Readonly<Record<string, unknown>>;
  /** Absent where there was no answer. */
  status?: number;
  outcome: SentOutcome;
  /** Of what failed, was refused or limited (errors.ts). */
  errorCode?: ErrorCode;
  /** Number of this attempt, from 1: later ones are quick retries. */
  attempt: number;
  durationMs: number;
  /** Of the body that was sent; 0: none. */
  requestBytes: number;
  /** Of the answer's body, inflated; 0 where there was none. */
  answerBytes: number;
  /** Clockify's id of the request (header x-request-id), cut at 100 characters; absent where it sends none. */
  requestId?: string;
}

export interface AttemptMade {
  built: BuiltRequest;
  /** From 1. */
  attempt: number;
}

const MAX_REQUEST_ID_CHARS = 100;

/** The report of a request; without `answer` it was given up. */
export function sentCall(
  { origin, installation, operation, queryParams }: CallParts & { origin: CallOrigin },
  { built, attempt }: AttemptMade,
  { answer, response, durationMs }: { answer?: ClockifyAnswer; response?: SafeResponse; durationMs: number },
): SentCall {
  return {
    origin,
    addonKey: installation.addonKey,
    workspaceId: installation.workspaceId,
    installationId: installation.installationId,
    operation: operation.operationId,
    family: operation.tag,
    method: operation.method,
    path: built.path,
    query: queryParams,
    status: response?.status,
    outcome: answer?.kind ?? "aborted",
    errorCode: errorCodeOf(answer),
    attempt,
    durationMs,
    requestBytes: built.body === undefined ? 0 : Buffer.byteLength(built.body),
    answerBytes: response?.overflowBytes ?? response?.body.byteLength ?? 0,
    requestId: response?.headers.get("x-request-id")?.slice(0, MAX_REQUEST_ID_CHARS),
  };
}

function errorCodeOf(answer: ClockifyAnswer | undefined): ErrorCode | undefined {
  if (answer === undefined || answer.kind === "ok") return undefined;
  return answer.kind === "limited" ? "UPSTREAM_RATE_LIMITED" : answer.error.code;
}
