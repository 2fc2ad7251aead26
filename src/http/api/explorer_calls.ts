/** How a door executes a call: who asks, what is kept of it, and what it is counted as. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Context } from "hono";
import type { TransactionSql } from "../../db/db.ts";
import { AppError, toAppError } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import { budgetKeyOf, type RateLimiter } from "../../clockify/rate_limit.ts";
import { shownPath } from "../../calls/shown_path.ts";
import type { Caller } from "../../explorer/caller.ts";
import type { Execution, Executor, Via } from "../../explorer/execute.ts";
import type { Overflow } from "../../egress/safe_fetch.ts";
import type { ExplorerHistory } from "../../explorer/history.ts";
import { keptStart, keptValue } from "../../explorer/record.ts";
import type { ExplorerRequest } from "../../explorer/request.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { type AnswerFacts, dataOf, errorJson, sizeOf, statusOf } from "./explorer_schemas.ts";

/** How a call ended, for its metric. */
export const CALL_STATUSES = ["success", "error", "unchanged", "preview", "second_person"] as const;

export interface ExplorerDeps extends AuthDeps {
  body: BodyLimits;
  executor: Executor;
  history: ExplorerHistory;
  /** Undefined where this process makes no calls of its own. */
  usage: RateLimiter["usage"] | undefined;
  clock: Clock;
  log: Logger;
  onCall(fact: { via: Via; status: (typeof CALL_STATUSES)[number] }): void;
}

/** Of routes that pass a file on. */
export const FILE_ABOUT = "a file as it is, with its own content type, where the request asks for that";

/** Codes of what an execution may be refused with, for contracts. */
export const CALL_PROBLEMS = [
  "OPERATION_UNKNOWN",
  "OPERATION_INPUT_INVALID",
  "ROLE_INSUFFICIENT",
  "CLOCKIFY_WRITE_DENIED",
  "CONFIRMATION_REQUIRED",
  "CONFIRM_TOKEN_INVALID",
  "CONFIRM_TOKEN_EXPIRED",
  "CONFIRM_TOKEN_USED",
  "BODY_TOO_LARGE",
  "CONFLICT",
  "HOST_NOT_ALLOWED",
  "RATE_LIMITED",
] as const;

export function callerOf(c: Context<AppEnv>, { kind, name, role, installation }: Login): Caller {
  const bearer = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  return {
    kind,
    name,
    role,
    installation,
    ...(kind === "user" && { token: c.req.header("x-addon-token") ?? bearer }),
  };
}

/** Executes, keeps and counts; `atEnd` has the answer's facts in the transaction that keeps the call. */
export async function makeCall(
  request: ExplorerRequest,
  { caller, via, deps, atEnd, overflow }: {
    caller: Caller;
    via: Via;
    overflow?: Overflow;
    deps: ExplorerDeps;
    atEnd?: (sql: TransactionSql, facts: AnswerFacts) => Promise<void>;
  },
): Promise<AnswerFacts> {
  const { installation, role } = caller;
  const execution = await deps.executor.execute(request, caller, { via, overflow });
  const usage = await deps.usage?.(budgetKeyOf(installation));
  const facts: AnswerFacts = {
    execution,
    usage,
    historyId: null,
    scopes: deps.profile.scopes,
    now: new Date(deps.clock.now()),
    developerMode: request.developerMode && role === "admin",
  };
  deps.onCall({ via, status: statusOf(execution) });
  const kept = recordOf(execution, { request, caller, via, scopes: deps.profile.scopes });
  try {
    const historyId = await deps.history.add(installation.id, kept, {
      atEnd: atEnd && ((sql, id) => atEnd(sql, { ...facts, historyId: id })),
    });
    return { ...facts, historyId };
  } catch (error) {
    // The call was made: that it is not in the history takes nothing of its answer.
    if (atEnd) throw error;
    deps.log.warn("explorer.not_kept", { workspace_id: installation.workspaceId, error: toAppError(error) });
    return facts;
  }
}

function recordOf(
  execution: Execution,
  { request, caller, via, scopes }: {
    request: ExplorerRequest;
    caller: Caller;
    via: Via;
    scopes: readonly string[];
  },
): Parameters<ExplorerHistory["add"]>[1] {
  const { prepared, as, answer, body, durationMs } = execution;
  const { operation, path, pathParams, queryParams } = prepared;
  const error = errorJson({ execution, scopes });
  return {
    person: personOf(caller),
    via,
    operation: operation.operationId,
    method: operation.method,
    path: shownPath(path),
    actedAs: as,
    outcome: statusOf(execution),
    statusCode: answer && "status" in answer ? answer.status ?? null : null,
    errorCode: error?.code ?? null,
    durationMs,
    size: sizeOf(answer),
    content: {
      request: {
        path_params: keptValue(pathParams),
        query_params: keptValue(queryParams),
        body: keptValue(body ?? null),
        ...(request.replace && { replace: true }),
      },
      answer: answer?.kind === "ok" && answer.overflowBytes !== undefined && typeof answer.data === "string"
        ? keptStart(answer.data)
        : keptValue(error ? { ...error, data: dataOf(answer) } : dataOf(answer)),
    },
  };
}

/** Numbered rows: an id of another form names none. */
export function rowId(text: string, what: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw unknownRow(text, what);
}

export function unknownRow(text: string, what: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find ${what} "${text.slice(0, 40)}": there is none for you`);
}
