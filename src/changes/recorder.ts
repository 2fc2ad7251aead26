/** What stands between who writes to Clockify and the client: each write is recorded around its call. */

import { toAppError } from "../base/errors.ts";
import type { OnPoint } from "../base/crash_point.ts";
import type { CallOrigin } from "../clockify/call_origin.ts";
import type { ClockifyAnswer } from "../clockify/client.ts";
import { changesBetween } from "../clockify/full_replace.ts";
import { type Fields, isFields, type ObjectWrite, type WriteParts } from "../clockify/object_write.ts";
import { objectWriteOf } from "../clockify/object_writes.ts";
import { type Catalogue, type Operation, operationKey } from "../clockify/operations.ts";
import { redactTokens } from "../telemetry/redact.ts";
import type { BeforeState, ChangeEnd, ChangeState, ChangeWriter, NewChange } from "./change_rows.ts";
import { keep } from "./kept_object.ts";
import { readObject, type Send } from "./read_object.ts";

export type { Send, SentParts } from "./read_object.ts";

/** A call to be made; one that only reads passes through and leaves no row. */
export interface Write {
  operation: Operation;
  pathParams: Record<string, unknown>;
  queryParams: Record<string, unknown>;
  body?: unknown;
  /** `workspaceId` is needed where the object is a member of the workspace. */
  installation: { id: number; workspaceId?: string };
  /** A flow, a person or an undo; what the program writes for itself (its webhooks) is no change of the workspace's data. */
  origin: CallOrigin;
  /** The object as the caller has read it before (a merge), or the list of them: then it is not read once more. */
  before?: unknown;
  /** Clockify user id whose token the call is made with; absent: the add-on's own rights. */
  asUser?: string;
  /** Names the attempt of a step: the same attempt, made once more, has one row. Absent: each call its own. */
  key?: string;
  /** Of an undo: the change that it takes back. */
  undoOf?: number;
  /** A step on the way of an undo, which is not undone by itself. */
  isPart?: boolean;
  /** Shared by the calls of one undo. */
  callId?: string;
  /** Called with the ids of the rows once they are stored, before the request leaves; with none where it did not leave. */
  onStored?(ids: readonly number[]): void;
}

export interface ChangeRecorder {
  /**
   * Makes the call through `send`. An object that is there is read through it too before it is written (one more call,
   * unless `before` is handed in); a read that fails is recorded, and the write is made all the same, but for one that has to
   * wait for the rate budget. The row is stored before the request leaves and holds its answer afterwards; nothing stays of a
   * request that never left. Rejects as `send` does, and when the row cannot be stored: then nothing was sent.
   */
  write(write: Write, send: Send): Promise<ClockifyAnswer>;
}

export interface ChangeRecorderOptions {
  rows: ChangeWriter;
  catalogue: Catalogue;
  /** After the answer is stored: one call for each change. */
  onRecorded?(fact: { installationId: number; state: ChangeState; isUndo: boolean }): void;
  /** The answer could not be stored: the row stays as it was, and is uncertain after its lease. */
  onFault?(error: unknown, fact: { installationId: number; changeIds: readonly number[] }): void;
  onPoint?: OnPoint;
}

/** Objects of one call that are read before: each read is a call. */
const MAX_READ = 50;

/** One object of a call, as far as it is known before the call. */
interface Target {
  id?: string;
  before?: Fields;
  beforeState: BeforeState;
  note?: string;
}

export function createChangeRecorder(options: ChangeRecorderOptions): ChangeRecorder {
  const { rows, catalogue, onRecorded, onFault, onPoint } = options;
  return {
    async write(write, send) {
      const { operation, pathParams, queryParams, body, installation, origin } = write;
      const row = objectWriteOf(operation);
      const passes = row === undefined ||
        (origin.kind !== "flow" && origin.kind !== "person" && origin.kind !== "undo");
      if (passes) return await send({ operation, pathParams, queryParams, body });
      const parts = partsOf(write);
      const found = await targetsOf(write, { row, parts, catalogue, send });
      if ("limited" in found) return found.limited;
      const { targets } = found;
      const installationId = installation.id;
      const callId = write.callId ?? (targets.length > 1 ? crypto.randomUUID() : undefined);
      const isUndoable = !write.isPart && row.undo.kind !== "none";
      const ids = await rows.begin(
        installationId,
        targets.map((target, index): NewChange => ({
          ...originFields(origin),
          key: write.key === undefined ? undefined : index === 0 ? write.key : `${write.key}#${index}`,
          callId,
          operation: operation.operationId,
          operationKey: operationKey(operation),
          params: { path: withoutTokens(parts.pathParams), query: withoutTokens(queryParams) },
          entityType: row.entity,
          entityId: target.id && redactTokens(target.id),
          asUser: write.asUser,
          beforeState: target.beforeState,
          before: target.before && keep(target.before).text,
          sent: keep(sentOf(body, target)).text,
          note: target.note,
          undoOf: write.undoOf,
          // What an undo could do if the answer is never seen: it needs the object, and an id.
          undoable: isUndoable && target.beforeState === "read",
        })),
      );
      write.onStored?.(ids);
      onPoint?.("change_stored");
      let answer: ClockifyAnswer;
      try {
        answer = await send({ operation, pathParams, queryParams, body });
      } catch (error) {
        await settle(ids.map((id) => ({ id, state: "uncertain" })));
        throw error;
      }
      const state = stateOf(answer);
      if (state === undefined) {
        await forget(ids);
        write.onStored?.([]);
      } else {
        await settle(ids.map((id, index) => ({
          id,
          undoes: write.isPart ? undefined : write.undoOf,
          ...endOf(answer, state, {
            row,
            parts: { ...parts, id: targets[index]!.id },
            target: targets[index]!,
            isUndoable,
          }),
        })));
      }
      return answer;

      async function settle(ends: ChangeEnd[]) {
        try {
          await rows.end(installationId, ends);
          for (const { state } of ends) onRecorded?.({ installationId, state, isUndo: origin.kind === "undo" });
        } catch (error) {
          onFault?.(error, { installationId, changeIds: ids });
        }
      }
      async function forget(changeIds: readonly number[]) {
        await rows.forget(installationId, changeIds).catch((error) => onFault?.(error, { installationId, changeIds }));
      }
    },
  };
}

/** The parameters in the operation's own order, which others go by. */
export function partsOf(
  { operation, pathParams, queryParams, body, installation }: Pick<
    Write,
    "operation" | "pathParams" | "queryParams" | "body" | "installation"
  >,
): WriteParts {
  const names = operation.pathParams.filter((name) => name !== "workspaceId");
  const ordered = Object.fromEntries(names.map((name) => [name, text(pathParams[name])]));
  return { workspaceId: installation.workspaceId ?? "", pathParams: ordered, queryParams, sent: body };
}

function text(value: unknown): unknown {
  return typeof value === "number" ? String(value) : value;
}

async function targetsOf(
  write: Write,
  { row, parts, catalogue, send }: { row: ObjectWrite; parts: WriteParts; catalogue: Catalogue; send: Send },
): Promise<{ targets: Target[] } | { limited: ClockifyAnswer }> {
  const ids = row.items?.({ queryParams: write.queryParams, body: write.body }) ?? [ownId(row, parts)];
  if (row.id === "answer" && !row.items) return { targets: [{ beforeState: "none" }] };
  if (row.read === undefined) return { targets: ids.map((id) => ({ id, beforeState: "no_read" })) };
  const given = write.before === undefined ? undefined : [write.before].flat() as unknown[];
  const targets: Target[] = [];
  for (const [index, id] of ids.entries()) {
    if (given) {
      targets.push(given[index] === undefined ? { id, beforeState: "no_read" } : readTarget(id, given[index]));
      continue;
    }
    if (index >= MAX_READ) {
      const note = `only ${MAX_READ} objects of one call are read before it`;
      targets.push({ id, beforeState: "no_read", note });
      continue;
    }
    const answer = await readObject({ row, parts: { ...parts, id }, catalogue, send, calls: ids.length - index + 1 });
    if (answer.kind === "limited") return { limited: answer };
    if (answer.kind === "ok") targets.push(readTarget(id, answer.data));
    else targets.push({ id, beforeState: "unreadable", note: toAppError(answer.error).message });
  }
  return { targets };
}

function readTarget(id: string | undefined, data: unknown): Target {
  if (!isFields(data)) return { id, beforeState: "unreadable", note: "Clockify did not show what it was" };
  const own = id ?? (typeof data.id === "string" ? data.id : undefined);
  const { isTooLarge, bytes } = keep(data);
  if (isTooLarge) return { id: own, beforeState: "too_large", note: `it has ${bytes} bytes` };
  return { id: own, beforeState: "read", before: data };
}

export function ownId({ id }: ObjectWrite, { pathParams }: WriteParts): string | undefined {
  const value = id === undefined || id === "answer" ? undefined : pathParams[id];
  return typeof value === "string" ? value : undefined;
}

/** Of a list, the part that is about this object. */
function sentOf(body: unknown, { id }: Target): unknown {
  if (!Array.isArray(body) || id === undefined) return body;
  return body.find((one) => isFields(one) && one.id === id) ?? body;
}

function originFields(
  origin: CallOrigin,
): Pick<NewChange, "origin" | "person" | "via" | "runId" | "flowId" | "flowVersion" | "stepPath"> {
  switch (origin.kind) {
    case "flow": {
      const { runId, flowId, version: flowVersion, stepPath } = origin;
      return { origin: "flow", runId, flowId, flowVersion, stepPath };
    }
    case "person":
      return { origin: "person", person: origin.name, via: origin.via };
    case "undo":
      return { origin: "undo", person: origin.name };
    default:
      return { origin: "program", via: origin.kind };
  }
}

/** No id has the look of a token: what does is one in the wrong place. */
function withoutTokens(values: Fields): Fields {
  const clean = (value: unknown): unknown =>
    typeof value === "string" ? redactTokens(value) : Array.isArray(value) ? value.map(clean) : value;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, clean(value)]));
}

/** Undefined where nothing left, so that nothing was changed. */
function stateOf(answer: ClockifyAnswer): ChangeState | undefined {
  switch (answer.kind) {
    case "ok":
      return "done";
    case "limited":
      return undefined;
    case "refused":
      return answer.status === undefined ? undefined : "refused";
    case "failed":
      if (!answer.sent) return undefined;
      if (answer.status === undefined) return "uncertain";
      // A 2xx whose answer cannot be read: it happened. Past a 5xx it may have.
      return answer.status < 300 ? "done" : "failed";
  }
}

function endOf(
  answer: ClockifyAnswer,
  state: ChangeState,
  { row, parts, target, isUndoable }: { row: ObjectWrite; parts: WriteParts; target: Target; isUndoable: boolean },
): Omit<ChangeEnd, "id"> {
  const error = answer.kind === "refused" || answer.kind === "failed" ? answer.error.code : undefined;
  const httpStatus = answer.kind === "limited" ? undefined : answer.status;
  const base = { state, httpStatus, errorCode: error };
  if (state !== "done") return base;
  const data = answer.kind === "ok" ? answer.data : undefined;
  if (row.items && leavesOut(data, target.id)) {
    return { ...base, state: "uncertain", note: "Clockify's answer names others and not this one" };
  }
  const after = afterOf(data, target.id, row);
  const id = (target.id && redactTokens(target.id)) ?? (typeof after?.id === "string" ? after.id : undefined);
  const sent = sentOf(parts.sent, target);
  const fields = target.before ? changedFields(row, { ...parts, id, sent }, { before: target.before, after }) : [];
  const kept = after && keep(after);
  const cannot = whyNoRestore(row, { ...parts, id, sent }, { before: target.before, fields });
  return {
    ...base,
    entityId: id,
    after: kept?.text,
    note: cannot ?? (kept?.isTooLarge ? `what it became is not kept: it has ${kept.bytes} bytes` : undefined),
    fields,
    undoable: isUndoable && cannot === undefined && canUndo(row, target, { id, fields }),
  };
}

/** Of several objects the answer lists those that were written: it names some, and not this one. */
function leavesOut(data: unknown, id: string | undefined): boolean {
  if (!Array.isArray(data) || id === undefined) return false;
  const named = data.filter(isFields).filter((one) => typeof one.id === "string");
  return named.length > 0 && named.every((one) => one.id !== id);
}

/** The object as the answer shows it. */
function afterOf(data: unknown, id: string | undefined, row: ObjectWrite): Fields | undefined {
  if (Array.isArray(data)) {
    if (row.id === "answer" && !row.items) return isFields(data[0]) ? data[0] : undefined;
    return data.filter(isFields).find((one) => one.id === id);
  }
  if (!isFields(data)) return undefined;
  // Some answers to a change of one object are about another.
  return id === undefined || data.id === undefined || data.id === id ? data : undefined;
}

/** Names of the fields in which the object differs afterwards. */
export function changedFields(
  row: ObjectWrite,
  parts: WriteParts,
  { before, after }: { before: Fields; after?: Fields },
): string[] {
  const was = row.view(before, parts);
  return changesBetween(was, viewAfter(row, parts, { before, after })).map(({ field }) => field);
}

/** The fields as the write left them: of the answer, or of what was sent where the answer does not show the object. */
export function viewAfter(
  row: ObjectWrite,
  parts: WriteParts,
  { before, after }: { before: Fields; after?: Fields },
): Fields {
  if (after) return row.view(after, parts);
  const was = row.view(before, parts);
  const sent = isFields(parts.sent) ? row.sentView?.(parts.sent, was) : undefined;
  return { ...was, ...sent };
}

/** Why what was before cannot be put back, as far as that is known now: there was no rate, for example. */
function whyNoRestore(
  { undo }: ObjectWrite,
  parts: WriteParts,
  { before, fields }: { before?: Fields; fields: readonly string[] },
): string | undefined {
  if (undo.kind !== "restore" || !before || fields.length === 0) return undefined;
  const calls = undo.calls({ ...parts, before, now: before, fields });
  return "cannot" in calls ? calls.cannot : undefined;
}

function canUndo(
  { undo }: ObjectWrite,
  { beforeState }: Target,
  { id, fields }: { id?: string; fields: readonly string[] },
): boolean {
  switch (undo.kind) {
    case "restore":
      return beforeState === "read" && fields.length > 0;
    case "recreate":
      return beforeState === "read";
    case "remove":
      return id !== undefined;
    case "opposite":
      return true;
    case "none":
      return false;
  }
}
