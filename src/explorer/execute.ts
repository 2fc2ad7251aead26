/** Executes one call for a person: checked against the catalogue, judged by the guard, recorded, sent. */

import { personOf } from "../clockify/call_origin.ts";
import { AppError, toAppError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { EntityTurns } from "../actions/entity_turns.ts";
import { mergeKeys, readAndMerge } from "../actions/clockify_merge.ts";
import type { ClockifyAnswer, ClockifyClient } from "../clockify/client.ts";
import type { Overflow } from "../egress/safe_fetch.ts";
import type { Change } from "../clockify/full_replace.ts";
import type { ChangeRecorder, Send, SentParts } from "../changes/recorder.ts";
import type { Catalogue } from "../clockify/operations.ts";
import type { Credentials, CredentialSource } from "../installations/credentials.ts";
import type { Decision, Guard, GuardedRequest } from "../guard/guard.ts";
import { type Caller, credentialsOf, rightsOf } from "./caller.ts";
import type { ExplorerPlaces } from "./places.ts";
import type { NameSearch } from "./ports.ts";
import { prepare, type Prepared, requireForm } from "./prepare.ts";
import type { ExplorerRequest } from "./request.ts";
import { type Snippets, snippetsOf } from "./snippets.ts";

export type Via = "explorer" | "api_call";

/** What came of a call; a refusal of Clockify is an answer too. */
export interface Execution {
  prepared: Prepared;
  as: "addon" | "viewer";
  /** The body as it was, or would be, sent: of a full replace the whole object. */
  body: unknown;
  /** unchanged: the object is already so, and nothing was written. */
  outcome: "sent" | "unchanged" | "preview" | "second_person";
  /** Of what was sent, and of a read that failed before a write. */
  answer?: ClockifyAnswer;
  /** Of what was not sent yet. */
  decision?: Exclude<Decision, { kind: "allow" | "deny" }>;
  /** What a full replace changes, object by object, against what Clockify holds now. */
  changes?: Change[][];
  /** Rows of the journal that the write left, for who takes it back. */
  changeIds?: readonly number[];
  /** Of the whole, reads before a write and waits among it. */
  durationMs: number;
  /** Address of the API up to `/v1`, without it. */
  base: string | undefined;
}

export interface ExecuteContext {
  via: Via;
  /** Aborts when the caller is gone: a read ends, a write goes on. Default: never. */
  signal?: AbortSignal;
  /** Takes what a read answers, where it is too large to be held. */
  overflow?: Overflow;
}

export interface Executor {
  /**
   * Throws what prepare(), rightsOf(), credentialsOf() and places.enter() throw, what the guard throws for a token, and
   * CLOCKIFY_WRITE_DENIED for what it denies.
   */
  execute(request: ExplorerRequest, caller: Caller, context: ExecuteContext): Promise<Execution>;
  /** Checks alone: nothing is sent. */
  prepare(request: ExplorerRequest, caller: Caller): Promise<Prepared>;
  /** The call as curl and fetch(): checked, not judged, not sent. */
  describe(request: ExplorerRequest, caller: Caller): Promise<{ prepared: Prepared; snippets: Snippets }>;
  /** For what makes several calls of one: checked, judged, in its place, and with the function that sends. */
  open(request: ExplorerRequest, caller: Caller, context: ExecuteContext): Promise<Opened & { leave(): void }>;
}

export interface Opened {
  prepared: Prepared;
  as: "addon" | "viewer";
  send: Send;
  base: string | undefined;
}

export interface ExecutorOptions {
  catalogue: Catalogue;
  client: ClockifyClient;
  credentials: Pick<CredentialSource, "find">;
  names: NameSearch;
  guard: Guard;
  changes: Pick<ChangeRecorder, "write">;
  places: ExplorerPlaces;
  /** Shared with the flows' action: of the writes of this process to one entity each waits for the one before. */
  turns: EntityTurns;
  clock: Clock;
}

/** Longest wait for the budget of calls and between quick retries: a person looks on. */
const MAX_WAIT_MS = 10_000;
const NEVER = new AbortController().signal;

export function createExecutor(options: ExecutorOptions): Executor {
  const { catalogue, credentials, names, guard, changes, places, turns, clock } = options;

  const check = (request: ExplorerRequest, { kind, name, role, installation }: Caller) =>
    prepare(request, {
      catalogue,
      workspaceId: installation.workspaceId,
      userId: kind === "user" ? name : undefined,
      mayWrite: role === "admin",
      searcher: { ...names, installation, withAddresses: role === "admin" },
    });

  function sender(
    installation: Credentials,
    { caller, via, signal, overflow }: { caller: Caller; via: Via; signal: AbortSignal; overflow?: Overflow },
  ): Send {
    const origin = { kind: "person" as const, name: personOf(caller), via };
    return async ({ operation, pathParams, queryParams, body }: SentParts) => {
      const call = {
        operation,
        pathParams,
        queryParams,
        body,
        installation,
        origin,
        priority: "interactive" as const,
        maxWaitMs: MAX_WAIT_MS,
        signal: operation.access === "read" ? signal : NEVER,
        overflow,
      };
      try {
        return await options.client.call(call);
      } catch (error) {
        if (signal.aborted) {
          throw new AppError("REQUEST_INVALID", "Cannot answer: the caller closed the connection", { cause: error });
        }
        throw error;
      }
    };
  }

  const enter = (caller: Caller, isStream: boolean) => {
    const { addon, workspaceId } = caller.installation;
    return places.enter({ workspace: `${addon}:${workspaceId}`, person: personOf(caller), isStream });
  };

  async function open(
    request: ExplorerRequest,
    caller: Caller,
    { via, signal = NEVER, overflow }: ExecuteContext,
  ): Promise<Opened> {
    const prepared = await check(request, caller);
    const as = rightsOf(caller, { operation: prepared.operation, wanted: request.as });
    const used = await credentialsOf(caller, { credentials, as });
    const base = used.hosts[prepared.operation.service]?.slice(0, -"/v1".length);
    return {
      prepared,
      as,
      send: sender(used, { caller, via, signal, ...(prepared.operation.access === "read" && { overflow }) }),
      base,
    };
  }

  /** Undefined where it may be sent. Throws where it may not at all. */
  async function judge(
    { prepared, as, body }: Pick<Opened, "prepared" | "as"> & { body: unknown },
    { request, caller }: { request: ExplorerRequest; caller: Caller },
  ): Promise<Execution["decision"]> {
    const { operation, path, queryParams: query, merge } = prepared;
    const { id: installationId, workspaceId } = caller.installation;
    const guarded: GuardedRequest = {
      installationId,
      workspaceId,
      person: personOf(caller),
      operation,
      request: { method: operation.method, path, query, body: body ?? null },
      named: prepared.body,
      as,
    };
    if (request.confirmToken !== undefined) {
      await redeem(guard, request.confirmToken, { guarded, isMerged: merge !== undefined });
      return undefined;
    }
    const decision = await guard.decide(guarded);
    if (decision.kind === "deny") {
      throw new AppError("CLOCKIFY_WRITE_DENIED", decision.reason, { details: { grade: decision.grade } });
    }
    return decision.kind === "allow" ? undefined : decision;
  }

  async function perform(
    { prepared, as, send }: Opened,
    { request, caller, via }: { request: ExplorerRequest; caller: Caller; via: Via },
  ): Promise<Pick<Execution, "outcome" | "body" | "answer" | "decision" | "changes" | "changeIds">> {
    const { operation, pathParams, queryParams, merge } = prepared;
    let { body } = prepared;
    let before: unknown;
    let shown: Change[][] | undefined;
    if (merge) {
      // What is denied whatever the object holds costs no call.
      await guard.refuse({ installationId: caller.installation.id, operation, named: prepared.body });
      const merged = await readAndMerge({ replace: merge, operation, catalogue, pathParams, queryParams, body, send });
      if (merged.kind === "unread") return { outcome: "sent", body, answer: merged.answer };
      shown = merged.changes;
      body = merged.body;
      before = merge.isList ? merged.reads : merged.reads[0];
      if (merged.changed.length === 0) {
        const answer: ClockifyAnswer = { kind: "ok", status: 200, headers: {}, data: before };
        return { outcome: "unchanged", body, changes: shown, answer };
      }
    }
    const decision = await judge({ prepared, as, body }, { request, caller });
    if (decision) return { outcome: decision.kind, body, decision, changes: shown };
    const call = { operation, pathParams, queryParams, body };
    if (operation.access === "read") return { outcome: "sent", body, answer: await send(call) };
    let changeIds: readonly number[] = [];
    const answer = await changes.write({
      ...call,
      onStored: (ids) => void (changeIds = ids),
      installation: { id: caller.installation.id, workspaceId: caller.installation.workspaceId },
      origin: { kind: "person", name: personOf(caller), via },
      ...(before !== undefined && { before }),
      ...(as === "viewer" && { asUser: caller.name }),
    }, send);
    return { outcome: "sent", body, answer, changes: shown, changeIds };
  }

  return {
    prepare: check,
    describe: async (request, caller) => {
      const { prepared, base } = await open(request, caller, { via: "explorer" });
      const { operation, path, queryParams, body } = prepared;
      const { method, bodyKind } = operation;
      return { prepared, snippets: snippetsOf({ method, path, query: queryParams, body, bodyKind, base }) };
    },
    open: async (request, caller, context) => {
      const opened = await open(request, caller, context);
      const { prepared } = opened;
      const leave = await enter(caller, true);
      try {
        const decision = await judge({ prepared, as: opened.as, body: prepared.body }, { request, caller });
        if (!decision) return { ...opened, leave };
        throw new AppError(
          "CONFIRMATION_REQUIRED",
          `Cannot read pages of ${prepared.operation.operationId}: this workspace has each such call confirmed; make it page by page`,
        );
      } catch (error) {
        leave();
        throw error;
      }
    },
    execute: async (request, caller, context) => {
      const startedAtMs = clock.monotonicMs();
      const opened = await open(request, caller, context);
      const { prepared, as, base } = opened;
      requireForm(prepared);
      const { workspaceId } = caller.installation;
      const leave = await enter(caller, false);
      try {
        const { pathParams, body, merge } = prepared;
        const make = () => perform(opened, { request, caller, via: context.via });
        const keys = merge ? mergeKeys({ replace: merge, pathParams, body }) : [];
        const made = keys.length === 0
          ? await make()
          : await turns.take(keys.map((key) => `${workspaceId} ${key}`), context.signal ?? NEVER, make);
        return { prepared, as, base, ...made, durationMs: Math.round(clock.monotonicMs() - startedAtMs) };
      } finally {
        leave();
      }
    },
  };
}

/** A token is bound to the bytes: where the object changed since, what would be sent is no longer what was confirmed. */
async function redeem(
  guard: Guard,
  token: string,
  { guarded, isMerged }: { guarded: GuardedRequest; isMerged: boolean },
): Promise<void> {
  try {
    await guard.redeem(token, guarded);
  } catch (error) {
    const failure = toAppError(error);
    if (!isMerged || failure.code !== "CONFIRM_TOKEN_INVALID") throw error;
    throw new AppError(
      failure.code,
      `${failure.message}; where the object was changed since the preview, ask for another one and confirm that`,
      { details: failure.details, cause: error },
    );
  }
}
