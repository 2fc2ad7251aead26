/** The action "clockify": one step of a run calls one operation of the Clockify API. */

import { z } from "zod";
import type { ClockifyAnswer, ClockifyClient } from "../clockify/client.ts";
import { type Catalogue, checkOperationInput, type Operation, operationKey } from "../clockify/operations.ts";
import { operationPath } from "../clockify/request.ts";
import { AppError, toAppError } from "../errors.ts";
import type { Credentials } from "../installations/credentials.ts";
import type { UserTokens } from "../installations/user_tokens.ts";
import type { Action, ActionCall, ActionResult } from "./action.ts";

export interface ClockifyActionOptions {
  catalogue: Catalogue;
  client: ClockifyClient;
  /** Undefined when the installation is gone, inactive or uninstalled. */
  credentials: (installationId: number) => Promise<Credentials | undefined>;
  /** For steps that act as a user. */
  userTokens: UserTokens;
  /** How long a step may wait for the rate budget before it is put off; its claim is held meanwhile. */
  maxWaitMs?: number;
}

/** The resolved input of a step, in the flow JSON's own names (decisions.md, "Flow JSON"). */
const inputSchema = z.object({
  operation_id: z.string().min(1),
  as_user: z.object({ id: z.string().min(1).max(128) }).optional(),
  path_params: z.record(z.string(), z.unknown()).nullish(),
  query_params: z.record(z.string(), z.unknown()).nullish(),
  body: z.unknown().optional(),
});

interface ReadInput {
  operation: Operation;
  /** Clockify user id; undefined: the call is made with the add-on's own rights. */
  asUser: string | undefined;
  pathParams: Record<string, unknown>;
  queryParams: Record<string, unknown>;
  body: unknown;
}

/**
 * The action. Its output is the answer's data itself, so that `$.action_1_result.id` reaches it. Fails for good with
 * OPERATION_UNKNOWN, OPERATION_INPUT_INVALID (`details.path` names the field), INSTALLATION_UNKNOWN, HOST_NOT_ALLOWED or
 * UPSTREAM_REJECTED (also when Clockify gives no token of the user that the step acts as); the other UPSTREAM_* errors say
 * themselves whether another try may help.
 */
export function createClockifyAction(options: ClockifyActionOptions): Action {
  const { catalogue, client, credentials, userTokens, maxWaitMs = 5_000 } = options;
  return {
    type: "clockify",
    effect: "external",

    describe(call) {
      try {
        const { operation, asUser, pathParams, queryParams, body } = readInput(catalogue, call.input);
        return {
          operation_id: operation.operationId,
          ...(asUser !== undefined && { as_user: asUser }),
          method: operation.method,
          path: operationPath(operation, pathParams, call.tenant.workspaceId),
          query: queryParams,
          body: body ?? null,
        };
      } catch (error) {
        return { problem: toAppError(error).message };
      }
    },

    async run(call) {
      let input: ReadInput;
      try {
        input = readInput(catalogue, call.input);
      } catch (error) {
        return { outcome: "failed", error: toAppError(error) };
      }
      const installation = await credentials(call.tenant.installationId);
      if (installation === undefined || installation.workspaceId !== call.tenant.workspaceId) {
        const why = `installation ${call.tenant.installationId} is not active in the workspace`;
        const error = new AppError("INSTALLATION_UNKNOWN", `Cannot call ${input.operation.operationId}: ${why}`);
        return { outcome: "failed", error };
      }
      const { asUser, ...parts } = input;
      const { signal } = call;
      const user = asUser === undefined ? undefined : { installation, userId: asUser };
      const caller = user && await userTokens.get({ ...user, maxWaitMs, signal });
      // Never with the add-on's own rights instead.
      if (caller && caller.kind !== "ok") return toResult(caller);
      const answer = await client.call({
        ...parts,
        installation: caller?.credentials ?? installation,
        priority: "flow",
        maxWaitMs,
        idempotencyKey: parts.operation.method === "GET" ? undefined : call.idempotencyKey,
        signal,
      });
      if (user && answer.kind === "refused" && answer.reason === "credential_invalid") userTokens.forget(user);
      return toResult(answer);
    },
  };
}

function toResult(answer: ClockifyAnswer): ActionResult {
  switch (answer.kind) {
    case "ok":
      return { outcome: "done", output: answer.data, httpStatus: answer.status };
    case "refused":
      return { outcome: "failed", error: answer.error, httpStatus: answer.status };
    case "failed":
      return {
        outcome: "failed",
        error: answer.error,
        httpStatus: answer.status,
        retryAfterMs: answer.retryAfterMs,
      };
    case "limited":
      return { outcome: "snooze", delayMs: answer.retryInMs, reason: "rate_budget" };
  }
}

/** Throws OPERATION_UNKNOWN or OPERATION_INPUT_INVALID. */
function readInput(catalogue: Catalogue, value: ActionCall["input"]): ReadInput {
  const parsed = inputSchema.safeParse(value);
  if (!parsed.success) {
    const path = parsed.error.issues[0]!.path.map(String).join(".");
    throw new AppError("OPERATION_INPUT_INVALID", `Cannot call Clockify: ${path || "input"} is missing or malformed`, {
      details: { path },
    });
  }
  const { operation_id: name, as_user, path_params, query_params, body } = parsed.data;
  const operation = catalogue.find(name);
  if (operation === undefined) {
    throw new AppError(
      "OPERATION_UNKNOWN",
      `Cannot call operation "${name.slice(0, 200)}": the catalogue has no such name`,
    );
  }
  const input = { pathParams: path_params ?? {}, queryParams: query_params ?? {}, body: body ?? undefined };
  const fault = checkOperationInput(operation, input)[0];
  if (fault !== undefined) {
    throw new AppError(
      "OPERATION_INPUT_INVALID",
      `Cannot call ${operationKey(operation)}: ${fault.path} ${fault.message}`,
      { details: { path: fault.path } },
    );
  }
  return { operation, asUser: as_user?.id, ...input };
}
