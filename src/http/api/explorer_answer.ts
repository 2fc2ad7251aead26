/** How the doors of the explorer answer a call that is not kept for a second request: as large as Clockify makes it. */

import type { Context } from "hono";
import { AppError } from "../../base/errors.ts";
import type { Caller } from "../../explorer/caller.ts";
import type { Via } from "../../explorer/execute.ts";
import type { ExplorerRequest } from "../../explorer/request.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type ExplorerDeps, makeCall } from "./explorer_calls.ts";
import { answerLarge } from "./explorer_large.ts";
import type { AnswerFacts } from "./explorer_schemas.ts";

export async function answerCall<Body extends Record<string, unknown>>(
  request: ExplorerRequest,
  { caller, via, deps, name, whole }: {
    caller: Caller;
    via: Via;
    deps: ExplorerDeps;
    /** The field of the answer that holds Clockify's data. */
    name: string;
    whole(facts: AnswerFacts): Body;
  },
): Promise<Body | Response> {
  const answer = await answerLarge((overflow) => makeCall(request, { caller, via, deps, overflow }), {
    name,
    whole,
    ...(request.raw && { file: request.operationId ?? "clockify" }),
  });
  return answer as Body | Response;
}

/** True where the answer is kept for a second request, and so held whole. Throws REQUEST_INVALID for a file. */
export function isKept(c: Context<AppEnv>, { raw }: ExplorerRequest): boolean {
  if (c.req.header("idempotency-key") === undefined) return false;
  if (raw) {
    throw new AppError(
      "REQUEST_INVALID",
      "Cannot keep the answer: files are passed on, and reads need no Idempotency-Key",
    );
  }
  return true;
}
