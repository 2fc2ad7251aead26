/**
 * Reads that a test of a flow makes in Clockify in the place of its steps: what a step would read, and the object that it
 * would write. Nothing that writes is sent.
 */

import { type Breakers, CallPutOff } from "../breakers/breakers.ts";
import type { Clock } from "../base/clock.ts";
import { AppError, toAppError } from "../base/errors.ts";
import { operationNamed, readObject, type SentParts } from "../changes/read_object.ts";
import { ownId, partsOf } from "../changes/recorder.ts";
import type { ClockifyAnswer, ClockifyClient } from "../clockify/client.ts";
import { isFields } from "../clockify/object_write.ts";
import { objectWriteOf } from "../clockify/object_writes.ts";
import { builtinCatalogue, type Catalogue, type Operation } from "../clockify/operations.ts";
import type { Credentials, CredentialSource } from "../installations/credentials.ts";
import type { UserTokens } from "../installations/user_tokens.ts";
import { breakerHost, type ClockifyActionOptions, endOf, readInput } from "./clockify.ts";
import { findOrCreate } from "./clockify_find.ts";
import { readAndMerge, readOperationOf } from "./clockify_merge.ts";
import type { ReadInput } from "./clockify_perform.ts";
import { createKeptReads } from "./kept_reads.ts";

/** Calls of one test. */
export const MAX_TEST_READS = 20;
/** Of one test, waits for the budget among it. */
export const MAX_TEST_READS_MS = 10_000;
/** Of one answer. */
export const MAX_TEST_READ_BYTES = 1_000_000;

/** What came of one step's reads. Secrets are gone from all that was read. */
export type StepRead =
  /** It reads nothing, or nothing that a test may ask for. */
  | { kind: "none" }
  /** Why, in Clockify's words where it answered. */
  | { kind: "failed"; operation: string; problem: string }
  | {
    kind: "made";
    /** operationId of the read. */
    operation: string;
    /** What the step would give those behind it; absent where that depends on the write. */
    output?: { value: unknown };
    /** The objects that it would write, as they are now; those of a list operation in the order of its body. */
    objects?: unknown[];
    /** Nothing has the name yet, or the object is gone. */
    isNone?: true;
  };

/** Makes the reads of one test, one step after another. */
export interface TestReader {
  /** `input`: the step's, with its expressions resolved. Never throws. */
  read(input: unknown): Promise<StepRead>;
  /** Requests to Clockify so far; what was read a moment ago is not asked for again. */
  calls(): number;
}

export interface TestReads {
  /** For a test that the person (call_origin.ts `personOf`) asks for. */
  begin(of: { installation: { id: number; workspaceId: string; generation?: number }; person: string }): TestReader;
}

export interface TestReadsOptions {
  catalogue: Catalogue;
  client: ClockifyClient;
  credentials: Pick<CredentialSource, "find">;
  userTokens: UserTokens;
  denied?: ClockifyActionOptions["denied"];
  /** What was read, without its secrets. */
  clean(value: unknown): unknown;
  clock: Clock;
  /** Breakers of the hosts, as of steps: an open one keeps a test from calling, too. */
  breakers: Pick<Breakers, "guard">;
  /** Of one test; default MAX_TEST_READS_MS. */
  maxMs?: number;
}

type ReadCall =
  & Pick<Parameters<ClockifyClient["call"]>[0], "operation" | "pathParams" | "queryParams" | "maxWaitMs" | "signal">
  & { installation: Credentials };

/** A bound of the test is reached: `message` says which. */
class TestBound extends Error {}

export function createTestReads(options: TestReadsOptions): TestReads {
  const { catalogue, clock, maxMs = MAX_TEST_READS_MS } = options;
  const kept = createKeptReads(clock);
  return {
    begin({ installation, person }) {
      const endMs = clock.monotonicMs() + maxMs;
      let calls = 0;

      async function read(value: unknown): Promise<StepRead> {
        let name = "";
        try {
          const input = readInput(catalogue, value as Record<string, unknown>);
          const by = readOf(input, catalogue);
          if (!by) return { kind: "none" };
          name = by.operationId;
          const denied = await options.denied?.(installation.id, input.operation, input.body);
          if (denied) return { kind: "failed", operation: name, problem: denied.message };
          return await lookAt(input, { by, catalogue, workspaceId: installation.workspaceId, send: sender(input) });
        } catch (error) {
          const problem = error instanceof TestBound ? error.message : toAppError(error).message;
          return { kind: "failed", operation: name, problem };
        }
      }

      function sender({ asUser }: ReadInput): (sent: SentParts) => Promise<ClockifyAnswer> {
        let caller: Credentials | undefined;
        return async ({ operation, pathParams, queryParams }) => {
          const key = JSON.stringify([
            installation.id,
            installation.generation ?? null,
            asUser ?? null,
            operation.operationId,
            pathParams,
            queryParams,
          ]);
          const known = kept.get(key);
          if (known) return known;
          if (operation.method !== "GET") throw new TestBound("a test makes no call that may write");
          if (calls >= MAX_TEST_READS) throw new TestBound(`a test reads ${MAX_TEST_READS} times at most`);
          const leftMs = endMs - clock.monotonicMs();
          const over = new TestBound(`the reads of a test have ${maxMs / 1_000} s, which are over`);
          if (leftMs <= 0) throw over;
          const ending = new AbortController();
          const timer = setTimeout(() => ending.abort(over), leftMs);
          try {
            const waits = { maxWaitMs: leftMs, signal: ending.signal };
            caller ??= await callerOf(options, { installation, asUser, ...waits });
            const call = { operation, pathParams, queryParams, installation: caller };
            const answer = await guarded({ ...call, ...waits });
            if (answer.kind !== "ok") return answer;
            const clean = { ...answer, data: options.clean(answer.data) };
            kept.set(key, clean);
            return clean;
          } finally {
            clearTimeout(timer);
          }
        };
      }

      /** Throws TestBound where the host's breaker is open. */
      async function guarded(call: ReadCall): Promise<ClockifyAnswer> {
        const make = () => {
          calls += 1;
          return options.client.call({
            ...call,
            origin: { kind: "test", name: person },
            priority: "interactive",
            maxResponseBytes: MAX_TEST_READ_BYTES,
          });
        };
        const host = breakerHost(call.installation, call.operation);
        if (host === undefined) return await make();
        const made = await options.breakers.guard({ installationId: installation.id, host }, make, endOf);
        if (made instanceof CallPutOff) throw new TestBound(made.reason);
        return made;
      }

      return { read, calls: () => calls };
    },
  };
}

/** The read of the step, or of the object that it writes; undefined where there is none, or it is no GET. */
function readOf({ operation, merge, wanted }: ReadInput, catalogue: Catalogue): Operation | undefined {
  const by = operation.access === "read"
    ? operation
    : wanted
    ? catalogue.find(wanted.find) ?? builtinCatalogue().find(wanted.find)
    : merge
    ? readOperationOf(merge, catalogue)
    : namedRead(operation, catalogue);
  return by?.method === "GET" ? by : undefined;
}

/** The read of a write that names its object. */
function namedRead(operation: Operation, catalogue: Catalogue): Operation | undefined {
  const row = objectWriteOf(operation);
  if (!row?.read || row.items || row.id === "answer") return undefined;
  return operationNamed(row.read.by, catalogue);
}

async function lookAt(
  input: ReadInput,
  { by, catalogue, workspaceId, send }: {
    by: Operation;
    catalogue: Catalogue;
    workspaceId: string;
    send(sent: SentParts): Promise<ClockifyAnswer>;
  },
): Promise<StepRead> {
  const { operation, pathParams, queryParams, body, merge, wanted } = input;
  const made = { kind: "made" as const, operation: by.operationId };
  if (operation.access === "read") {
    const answer = await send({ operation, pathParams, queryParams });
    return answer.kind === "ok" ? { ...made, output: { value: answer.data } } : failed(by, answer);
  }
  if (wanted) {
    let isNone = false;
    // In the place of the create: there is none of the name.
    const write = () => {
      isNone = true;
      return Promise.resolve({ kind: "ok" as const, status: 200, headers: {}, data: undefined });
    };
    const { answer } = await findOrCreate({ ...input, wanted, catalogue, send, write });
    if (answer.kind !== "ok") return failed(by, answer);
    return isNone ? { ...made, isNone } : { ...made, output: { value: answer.data }, objects: [answer.data] };
  }
  if (merge) {
    const merged = await readAndMerge({ ...input, replace: merge, catalogue, send });
    if (merged.kind === "unread") return failed(by, merged.answer);
    const { reads } = merged;
    const value = merge.isList ? reads : reads[0];
    return { ...made, objects: reads, ...(merged.changed.length === 0 && { output: { value } }) };
  }
  const row = objectWriteOf(operation)!;
  const parts = partsOf({ operation, pathParams, queryParams, body, installation: { id: 0, workspaceId } });
  const answer = await readObject({ row, parts: { ...parts, id: ownId(row, parts) }, catalogue, send });
  if (answer.kind !== "ok") return failed(by, answer);
  return isFields(answer.data) ? { ...made, objects: [answer.data] } : { ...made, isNone: true };
}

function failed({ operationId: operation }: Operation, answer: ClockifyAnswer): StepRead {
  const problem = "error" in answer
    ? answer.error.message
    : "Clockify's rate limit leaves no room for the read just now";
  return { kind: "failed", operation, problem };
}

async function callerOf(
  { credentials, userTokens }: TestReadsOptions,
  { installation, asUser, ...waits }: {
    installation: { id: number; workspaceId: string; generation?: number };
    asUser: string | undefined;
    maxWaitMs: number;
    signal: AbortSignal;
  },
): Promise<Credentials> {
  const found = await credentials.find(installation.id, installation.generation);
  if (found.kind === "waiting") throw new AppError("CONFLICT", `Cannot call Clockify: ${found.reason}`);
  if (found.kind === "gone" || found.credentials.workspaceId !== installation.workspaceId) {
    throw new AppError("INSTALLATION_UNKNOWN", "Cannot call Clockify: the add-on is not installed in the workspace");
  }
  if (asUser === undefined) return found.credentials;
  const user = await userTokens.get({ installation: found.credentials, userId: asUser, ...waits });
  if (user.kind === "ok") return user.credentials;
  // Never with the add-on's own rights instead.
  if (user.kind === "limited") throw new TestBound("Clockify's rate limit leaves no room for the read just now");
  throw user.error;
}
