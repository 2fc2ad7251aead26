/**
 * Full replace with merge, as people mean a change: reads the object, lays over it the fields that the action names,
 * and writes the whole back.
 */

import type { ClockifyAnswer } from "../clockify/client.ts";
import { type Change, changesBetween, type FullReplace, mergeWritten, writtenOf } from "../clockify/full_replace.ts";
import { builtinCatalogue, type Catalogue, type Operation } from "../clockify/operations.ts";
import { AppError } from "../base/errors.ts";

type Fields = Record<string, unknown>;

export interface MergeCall {
  replace: FullReplace;
  operation: Operation;
  catalogue: Catalogue;
  pathParams: Record<string, unknown>;
  queryParams: Record<string, unknown>;
  /** What the action names: an object, or for a list operation a list of them. */
  body: unknown;
  /** Makes one call for the step. */
  send(parts: SentCall): Promise<ClockifyAnswer>;
  /** Makes the call that changes something; `before` is the object as it was read, or the list of them. */
  write(parts: SentCall, before: unknown): Promise<ClockifyAnswer>;
}

export interface SentCall {
  operation: Operation;
  pathParams: Record<string, unknown>;
  queryParams: Record<string, unknown>;
  body?: unknown;
  /** How many calls the step needs from this one on, as far as is known (default 1): the hour's budget gives them together. */
  calls?: number;
}

export interface MergeResult {
  /** The answer to the write; to the read when that did not succeed, or when there was nothing to change. */
  answer: ClockifyAnswer;
  /** The whole body that was written, and the names of the fields that it changes; absent when nothing was written. */
  written?: { body: unknown; changed: string[] };
}

/** Most objects that one call of a list operation changes: each is read by a call of its own. */
const MAX_ITEMS = 50;
/** Pages of a list that are looked through for an object that Clockify shows in no other way. */
const MAX_PAGES = 50;
const PAGE_SIZE = 50;

/** The operation that reads the object; taken from the built-in catalogue where CLOCKIFY_OPENAPI_FILE lacks it. */
export function readOperationOf({ read }: FullReplace, catalogue: Catalogue): Operation {
  return (catalogue.find(read) ?? builtinCatalogue().find(read))!;
}

/** What names the objects that a call changes, for turns among the writes of one process. */
export function mergeKeys({ replace, pathParams, body }: Pick<MergeCall, "replace" | "pathParams" | "body">): string[] {
  const path = JSON.stringify(Object.entries(pathParams).filter(([name]) => name !== "workspaceId").toSorted());
  if (!replace.isList) return [`${replace.entity} ${replace.entity === "time_entry" ? String(pathParams.id) : path}`];
  return Array.isArray(body) ? body.map((one) => `${replace.entity} ${String((one as Fields)?.id)}`) : [];
}

/** What a full replace comes to before anything is written. */
export type Merged =
  | {
    kind: "merged";
    /** The objects as Clockify shows them now, in the order of the body. */
    reads: unknown[];
    /** The whole body that is to be written. */
    body: unknown;
    /** Names of the fields that it changes; empty when the object is already as the action wants it. */
    changed: string[];
    /** The same with their values, object by object: for people. */
    changes: Change[][];
  }
  /** It could not be read; the answer says `sent: false`, since nothing was changed. */
  | { kind: "unread"; answer: ClockifyAnswer };

/** Reads what is there and lays over it what the action names. Writes nothing. */
export async function readAndMerge(call: Omit<MergeCall, "write">): Promise<Merged> {
  const { replace, operation, body } = call;
  const unread = (answer: ClockifyAnswer): Merged => ({ kind: "unread", answer });
  const items = replace.isList ? body : [body ?? {}];
  if (!Array.isArray(items) || !items.every(isFields)) return unread(refused(operation, "body must be an object"));
  if (items.length > MAX_ITEMS) {
    return unread(refused(operation, `body holds ${items.length} objects, at most ${MAX_ITEMS} are allowed`));
  }
  const reads: unknown[] = [];
  const whole: Fields[] = [];
  const changes: Change[][] = [];
  for (const [index, item] of items.entries()) {
    const answer = await read(call, item, items.length - index + 1);
    if (answer.kind !== "ok") return unread(unsent(answer));
    if (!isFields(answer.data)) return unread(unsent(unreadable(operation, replace)));
    reads.push(answer.data);
    const before = writtenOf(replace, answer.data);
    const merged = mergeWritten(replace, before, item);
    changes.push(changesBetween(before, merged).filter(({ field }) => !replace.isList || field !== "id"));
    whole.push(merged);
  }
  const changed = [...new Set(changes.flat().map(({ field }) => field))].toSorted();
  return { kind: "merged", reads, body: replace.isList ? whole : whole[0], changed, changes };
}

/**
 * Reads, merges and writes. When the object is as the action wants it, nothing is written and the answer is the object as
 * read: a flow that changes what started it comes to rest. A failed read says `sent: false`, since nothing was changed.
 */
export async function mergeAndWrite(call: MergeCall): Promise<MergeResult> {
  const merged = await readAndMerge(call);
  if (merged.kind === "unread") return { answer: merged.answer };
  const { reads, body, changed } = merged;
  if (changed.length === 0) {
    return { answer: { kind: "ok", status: 200, headers: {}, data: call.replace.isList ? reads : reads[0] } };
  }
  const { operation, pathParams, queryParams } = call;
  const answer = await call.write({ operation, pathParams, queryParams, body }, call.replace.isList ? reads : reads[0]);
  return { answer, written: { body, changed } };
}

/** The object as Clockify shows it now; `calls` are those that are needed from here on, the write among them. */
async function read(call: Omit<MergeCall, "write">, item: Fields, calls: number): Promise<ClockifyAnswer> {
  const { replace, operation } = call;
  const by = readOperationOf(replace, call.catalogue);
  if (replace.isList) return await call.send({ operation: by, pathParams: { id: item.id }, queryParams: {}, calls });
  // The same path under other names of its parameters, or the beginning of it.
  const pathParams: Record<string, unknown> = {};
  by.pathParams.forEach((name, index) => pathParams[name] = call.pathParams[operation.pathParams[index]!]);
  if (replace.listAt === undefined) return await call.send({ operation: by, pathParams, queryParams: {}, calls });
  const id = String(call.pathParams[operation.pathParams.at(-1)!]);
  return await readFromList({ ...call, id }, { by, pathParams, calls });
}

async function readFromList(
  { replace, operation, send, id }: Omit<MergeCall, "write"> & { id: string },
  { by, pathParams, calls }: { by: Operation; pathParams: Record<string, unknown>; calls: number },
): Promise<ClockifyAnswer> {
  const sizeName = by.paging.find((name) => name !== "page");
  for (let page = 1; page <= MAX_PAGES; page++) {
    const queryParams = sizeName === undefined ? {} : { page, [sizeName]: PAGE_SIZE };
    const answer = await send({ operation: by, pathParams, queryParams, calls });
    if (answer.kind !== "ok") return answer;
    const list = replace.listAt === "" ? answer.data : isFields(answer.data) ? answer.data[replace.listAt!] : undefined;
    if (!Array.isArray(list)) return unreadable(operation, replace);
    const found = list.find((one) => isFields(one) && one.id === id);
    if (found !== undefined) return { ...answer, data: found };
    if (sizeName === undefined || list.length === 0 || answer.headers["last-page"] === "true") break;
  }
  const error = new AppError(
    "UPSTREAM_REJECTED",
    `Cannot change the ${replace.noun} with ${operation.operationId}: Clockify's list has none of this id`,
    { details: { operation: operation.operationId, reason: "gone", sent: false } },
  );
  return { kind: "refused", reason: "gone", retryable: false, error };
}

function refused(operation: Operation, why: string): ClockifyAnswer {
  const error = new AppError("OPERATION_INPUT_INVALID", `Cannot call ${operation.operationId}: ${why}`, {
    details: { path: "body" },
  });
  return { kind: "refused", reason: "input", retryable: false, error };
}

function unreadable(operation: Operation, { noun }: FullReplace): ClockifyAnswer {
  const error = new AppError(
    "UPSTREAM_RESPONSE_INVALID",
    `Cannot change the ${noun} with ${operation.operationId}: Clockify did not show what it is now`,
    { retryable: true, details: { operation: operation.operationId, sent: false } },
  );
  return { kind: "failed", error, sent: false };
}

/** The answer to a read, marked as not sent: whatever became of it, nothing was changed. */
export function unsent(answer: ClockifyAnswer): ClockifyAnswer {
  if (answer.kind !== "failed" && answer.kind !== "refused") return answer;
  const { code, message, retryable, details, cause } = answer.error;
  return { ...answer, error: new AppError(code, message, { retryable, details: { ...details, sent: false }, cause }) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
