/** The action "clockify": one step of a run calls one operation of the Clockify API. */

import { z } from "zod";
import type { CallOrigin } from "../clockify/call_origin.ts";
import type { ClockifyAnswer, ClockifyClient } from "../clockify/client.ts";
import { findOrCreateOf } from "../clockify/find_or_create.ts";
import { fullReplaceOf } from "../clockify/full_replace.ts";
import { checkOperationInput } from "../clockify/operation_input.ts";
import { type Catalogue, type Operation, operationKey } from "../clockify/operations.ts";
import { withoutStaleNulls } from "../clockify/literal_nulls.ts";
import { newCallReserve } from "../clockify/call_reserve.ts";
import { CLOCKIFY_WAITS } from "../clockify/waits.ts";
import { AppError, toAppError } from "../base/errors.ts";
import type { ChangeRecorder } from "../changes/recorder.ts";
import type { Credentials, CredentialSource } from "../installations/credentials.ts";
import type { UserTokens } from "../installations/user_tokens.ts";
import { type Action, type ActionCall, type ActionResult, MAX_WAIT_MS, waitFor } from "../engine/action.ts";
import { type Breakers, type CallEnd, CallPutOff } from "../breakers/breakers.ts";
import { putOffBy } from "./http.ts";
import { perform, type Performed, pictureOf, type ReadInput } from "./clockify_perform.ts";
import type { SentCall } from "./clockify_merge.ts";
import { createEntityTurns, type EntityTurns } from "./entity_turns.ts";

export interface ClockifyActionOptions {
  catalogue: Catalogue;
  client: ClockifyClient;
  credentials: Pick<CredentialSource, "find">;
  /** Shared with what else writes in this process; default: those of this action alone. */
  turns?: EntityTurns;
  /** For steps that act as a user. */
  userTokens: UserTokens;
  /**
   * Why flows of the installation may not call the operation (CLOCKIFY_WRITE_DENIED), undefined where they may: asked before
   * each step, so it answers from memory.
   */
  denied?(
    installationId: number,
    operation: Operation,
    named?: unknown,
  ): AppError | undefined | Promise<AppError | undefined>;
  /** Of Clockify's hosts: while they fail steps wait. Its rate limits are the client's. */
  breakers?: Pick<Breakers, "guard">;
  /** Keeps what the steps write. */
  changes: ChangeRecorder;
  /** How long a step may wait in all, while its claim and a slot of the worker are held; default 5 s. */
  maxWaitMs?: number;
}

/** Longest wait of a step for the rate budget with a slot held: beyond it the step is put off, until the budget has a call for it. */
const MAX_TURN_MS = 200;

/** The resolved input of a step, in the flow JSON's own names (docs/decisions.md "Flow JSON"). */
const inputSchema = z.object({
  operation_id: z.string().min(1),
  as_user: z.object({ id: z.string().min(1).max(128) }).optional(),
  path_params: z.record(z.string(), z.unknown()).nullish(),
  query_params: z.record(z.string(), z.unknown()).nullish(),
  body: z.unknown().optional(),
  /** True: a full replace is sent as it is, without a read before. */
  replace: z.boolean().optional(),
  /** Where the flow's body says null itself (flows/parse/to_plan.ts). */
  nulls: z.array(z.string()).optional(),
});

/**
 * The action. Its output is the answer's data itself, so that `$.action_1_result.id` reaches it. Fails for good with
 * OPERATION_UNKNOWN, OPERATION_INPUT_INVALID (`details.path` names the field), CLOCKIFY_WRITE_DENIED, INSTALLATION_UNKNOWN,
 * HOST_NOT_ALLOWED or UPSTREAM_REJECTED (also when Clockify gives no token of the user that the step acts as); the other UPSTREAM_*
 * errors say themselves whether another attempt may help. It waits, and uses up no attempt, on 429 and an empty rate
 * budget, while the add-on is switched off, and while Clockify refuses its token.
 */
export function createClockifyAction(options: ClockifyActionOptions): Action {
  const { catalogue, credentials, turns = createEntityTurns(), maxWaitMs = 5_000 } = options;
  return {
    type: "clockify",
    effect: "external",

    describe(call) {
      try {
        return pictureOf(readInput(catalogue, call.input), { catalogue, workspaceId: call.tenant.workspaceId });
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
      const denied = await options.denied?.(call.tenant.installationId, input.operation, input.body);
      if (denied) return { outcome: "failed", error: denied };
      const found = await credentials.find(call.tenant.installationId, call.tenant.generation);
      if (found.kind === "waiting") return waitFor(found.reason);
      const installation = found.kind === "ready" ? found.credentials : undefined;
      if (installation === undefined || installation.workspaceId !== call.tenant.workspaceId) {
        const why = `installation ${call.tenant.installationId} is not installed in the workspace`;
        const error = new AppError("INSTALLATION_UNKNOWN", `Cannot call ${input.operation.operationId}: ${why}`);
        return { outcome: "failed", error };
      }
      const making = { call, installation, turns, options: { ...options, maxWaitMs } };
      const host = breakerHost(installation, input.operation);
      const target = host === undefined ? undefined : { installationId: call.tenant.installationId, host };
      const make = () => makeCall(input, making);
      const made = options.breakers && target
        ? await options.breakers.guard(target, make, ({ answer }) => endOf(answer))
        : await make();
      if (made instanceof CallPutOff) return putOffBy(made);
      const { answer, request, asUser } = made;
      // The token was read again, and is the same: a reinstall may be on its way.
      if (isInvalid(answer) && !asUser) return waitFor("Clockify does not accept the add-on's token");
      const result = toResult(answer, input.operation);
      return result.outcome === "snooze" || request === undefined ? result : { ...result, request };
    },
  };
}

/** Whose breaker calls of the operation ask; undefined where the installation names no host. */
export function breakerHost({ hosts }: Pick<Credentials, "hosts">, { service }: Operation): string | undefined {
  return URL.parse(hosts[service] ?? "")?.host;
}

/** What came of the call, and whether it was made with a user's token. */
interface Made extends Performed {
  asUser: boolean;
}

async function makeCall(
  input: ReadInput,
  { call, installation, turns, options: { client, userTokens, maxWaitMs, catalogue, changes } }: {
    call: ActionCall;
    installation: Credentials;
    turns: EntityTurns;
    options: ClockifyActionOptions & { maxWaitMs: number };
  },
): Promise<Made> {
  const { signal, runId, flow, stepPath } = call;
  const origin: CallOrigin = { kind: "flow", runId, flowId: flow.id, version: flow.version, stepPath };
  const callAs = async (caller: Credentials) => {
    const reserve = newCallReserve();
    let made = 0;
    const send = ({ calls = 1, ...sent }: SentCall) => {
      Object.assign(reserve, { calls, inAll: made + calls });
      made += 1;
      return client.call({
        ...sent,
        origin,
        installation: caller,
        priority: "flow",
        maxWaitMs,
        // What was read must not be read in vain: the later calls stand before those of steps that have not begun.
        maxTurnMs: made === 1 ? MAX_TURN_MS : undefined,
        idempotencyKey: sent.operation.method === "GET" ? undefined : call.idempotencyKey,
        signal,
        reserve,
      });
    };
    const { tenant: { installationId, workspaceId }, attempt } = call;
    const write = ({ calls, ...sent }: SentCall, before?: unknown) =>
      changes.write({
        ...sent,
        installation: { id: installationId, workspaceId },
        origin,
        before,
        asUser: input.asUser,
        key: `${runId} ${stepPath} ${attempt}`,
      }, (parts) => send({ ...parts, calls: parts.calls ?? calls }));
    try {
      return await perform(input, { call, turns, catalogue, send, write });
    } finally {
      reserve.giveBack();
    }
  };
  if (input.asUser === undefined) return { ...await callAs(installation), asUser: false };

  const user = { installation, userId: input.asUser };
  let refused: { token: string; answer: ClockifyAnswer } | undefined;
  for (;;) {
    const caller = await userTokens.get({ ...user, maxWaitMs, maxTurnMs: MAX_TURN_MS, signal });
    // Never with the add-on's own rights instead.
    if (caller.kind !== "ok") return { answer: caller, asUser: false };
    const { token } = caller.credentials;
    if (refused?.token === token) return { answer: refused.answer, asUser: true };
    const made = await callAs(caller.credentials);
    if (!isInvalid(made.answer)) return { ...made, asUser: true };
    userTokens.forget(user);
    if (refused) return { ...made, asUser: true };
    refused = { token, answer: made.answer };
  }
}

/** A 429 is an answer; what was not sent says nothing, nor does a 500, which Clockify answers to what it cannot digest. */
export function endOf(answer: ClockifyAnswer): CallEnd {
  if (answer.kind !== "failed") return answer.status === undefined ? { end: "unknown" } : { end: "answered" };
  const { error: { code }, status: httpStatus } = answer;
  const fails = code.startsWith("UPSTREAM_") && (httpStatus === undefined || httpStatus > 500);
  return fails ? { end: "failed", code, httpStatus } : { end: "unknown" };
}

function isInvalid(answer: ClockifyAnswer): boolean {
  return answer.kind === "refused" && answer.reason === "credential_invalid";
}

function toResult(answer: ClockifyAnswer, operation: Operation): ActionResult {
  switch (answer.kind) {
    case "ok":
      return { outcome: "done", output: answer.data, httpStatus: answer.status };
    case "refused":
      return { outcome: "failed", error: answer.error, httpStatus: answer.status };
    case "failed": {
      const { error, status: httpStatus, retryAfterMs } = answer;
      const tooLong = retryAfterMs !== undefined && retryAfterMs > MAX_WAIT_MS;
      // What the error says of the request, `sent` above all, holds for this one too.
      if (tooLong) return { outcome: "failed", error: waitTooLong(operation, retryAfterMs, error), httpStatus };
      return { outcome: "failed", error, httpStatus, retryAfterMs };
    }
    case "limited": {
      const delayMs = answer.askedMs ?? answer.retryInMs;
      if (delayMs > MAX_WAIT_MS) {
        return { outcome: "failed", error: waitTooLong(operation, delayMs), httpStatus: answer.status };
      }
      const reason = answer.status === undefined ? CLOCKIFY_WAITS.budget : CLOCKIFY_WAITS.refused;
      return { outcome: "snooze", delayMs, reason, httpStatus: answer.status };
    }
  }
}

function waitTooLong({ operationId }: Operation, waitMs: number, cause?: AppError): AppError {
  const hours = (ms: number) => Math.ceil(ms / 3_600_000).toLocaleString("en");
  return new AppError(
    cause?.code ?? "UPSTREAM_RATE_LIMITED",
    `Cannot call ${operationId}: Clockify asks for a wait of ${hours(waitMs)} hours, and a step waits ${
      hours(MAX_WAIT_MS)
    } at most`,
    { details: { ...cause?.details, wait_too_long: true }, cause },
  );
}

/** Throws OPERATION_UNKNOWN or OPERATION_INPUT_INVALID. */
export function readInput(catalogue: Catalogue, value: ActionCall["input"]): ReadInput {
  const parsed = inputSchema.safeParse(value);
  if (!parsed.success) {
    const path = parsed.error.issues[0]!.path.map(String).join(".");
    throw new AppError("OPERATION_INPUT_INVALID", `Cannot call Clockify: ${path || "input"} is missing or malformed`, {
      details: { path },
    });
  }
  const { operation_id: name, as_user, path_params, query_params, body, replace, nulls } = parsed.data;
  const wanted = findOrCreateOf(name);
  const operation = wanted?.operation ?? catalogue.find(name);
  if (operation === undefined) {
    throw new AppError(
      "OPERATION_UNKNOWN",
      `Cannot call operation "${name.slice(0, 200)}": the catalogue has no such name`,
    );
  }
  const merge = replace || wanted ? undefined : fullReplaceOf(operation);
  const named = merge ? withoutStaleNulls(body, nulls) : body;
  const input = { pathParams: path_params ?? {}, queryParams: query_params ?? {}, body: named ?? undefined };
  const fault = checkOperationInput(operation, { ...input, isMerged: merge !== undefined })[0];
  if (fault !== undefined) {
    throw new AppError(
      "OPERATION_INPUT_INVALID",
      `Cannot call ${operationKey(operation)}: ${fault.path} ${fault.message}`,
      { details: { path: fault.path } },
    );
  }
  return { operation, asUser: as_user?.id, ...input, merge, wanted };
}
