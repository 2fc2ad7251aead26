/**
 * Idempotency-Key at the door (the IETF draft of that name): a request that creates, sent again under its key, gets the answer
 * of the first time. What was refused for reasons that pass (5xx, 429, 428 for what has to be confirmed), or before anything was
 * known (401, 403), is not kept.
 */

import type { Context } from "hono";
import { AppError } from "../../base/errors.ts";
import type { TransactionSql } from "../../db/db.ts";
import { type KeyOwner, keySha256, requestSha256 } from "../../idempotency/key.ts";
import { type Claim, type IdempotencyKeys, MAX_ANSWER_BYTES, type StoredAnswer } from "../../idempotency/store.ts";
import type { AppEnv } from "./app_env.ts";
import { problemOf } from "./problem.ts";

/** Stands with `true` in an answer that was given before. */
export const REPLAYED = "Idempotent-Replayed";

/** To be called in the transaction of the work with its answer, which is committed with it or not at all. */
export type KeepAnswer = (sql: TransactionSql, answer: Response) => Promise<void>;

export interface OnceOptions {
  keys: IdempotencyKeys;
  owner: KeyOwner;
  /** Of parseKey(). */
  key: string;
  query: unknown;
  body: Uint8Array;
}

/**
 * The answer of `respond`, or the one that the key's first request got. Throws what `respond` throws, and
 * IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_IN_USE, IDEMPOTENCY_ANSWER_NOT_KEPT and RATE_LIMITED.
 */
export async function answerOnce(
  c: Context<AppEnv>,
  { keys, owner, key, query, body }: OnceOptions,
  respond: (keep: KeepAnswer) => Promise<Response>,
): Promise<Response> {
  const { method, path } = c.req;
  const place = { installationId: owner.installationId, keySha256: keySha256(owner, key) };
  const found = await keys.claim(place, requestSha256({ method, path, query, body }));
  if ("answer" in found) return replayed(found.answer);
  const { claim } = found;
  let isKept = false;
  const keep: KeepAnswer = async (sql, answer) => {
    await keys.keepWithin(sql, claim, await storedAnswer(answer));
    isKept = true;
  };
  try {
    const answer = await respond(keep);
    // Of work that came to nothing, as in a dry run.
    if (!isKept) await keys.keep(claim, await storedAnswer(answer));
    keys.answering();
    return answer;
  } catch (error) {
    await settle(claim, { keys, problem: problemOf(error, c.env.requestId, c.env.problemForm).response });
    throw error;
  }
}

const NOT_KEPT = [401, 403, 428, 429];

async function settle(claim: Claim, { keys, problem }: { keys: IdempotencyKeys; problem: Response }): Promise<void> {
  const isKept = problem.status < 500 && !NOT_KEPT.includes(problem.status);
  const answer = await storedAnswer(problem);
  // Where the database is away the claim ends by itself; the request's own failure is what its sender hears.
  await (isKept ? keys.keep(claim, answer) : keys.release(claim)).catch(() => {});
}

/** What of an answer is the same each time; the others belong to the one request. */
const KEPT_HEADERS = ["content-type", "cache-control", "etag", "location"];

async function storedAnswer(answer: Response): Promise<StoredAnswer> {
  const { status, headers } = answer;
  const kept = KEPT_HEADERS.flatMap((name) => headers.has(name) ? [[name, headers.get(name)!]] : []);
  return { status, headers: Object.fromEntries(kept), body: await answer.clone().text() };
}

function replayed({ status, headers, body }: StoredAnswer): Response {
  if (body !== null) return new Response(body, { status, headers: { ...headers, [REPLAYED]: "true" } });
  const where = headers.location === undefined ? "" : `; it made ${headers.location}`;
  throw new AppError(
    "IDEMPOTENCY_ANSWER_NOT_KEPT",
    `Cannot repeat the answer: the request was carried out with status ${status}, and its answer was larger than ${MAX_ANSWER_BYTES} bytes${where}`,
  );
}
