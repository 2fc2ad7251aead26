/** The journal of writes to Clockify: the list, one change with its object before and after, and its undo, by one or many. */

import { type Api, ApiError } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import { say } from "../../words/say.ts";

export type ChangeState = Wire<"Change">["state"];
export type UndoKind = Wire<"Change">["undo_kind"];

/** One row of the list. */
export interface Change {
  id: string;
  at: Date;
  state: ChangeState;
  operationId: string;
  method: string;
  entityType: string;
  entityId: string | null;
  noun: string;
  name: string | null;
  origin: Wire<"Change">["origin"];
  /** Clockify user id, or "operator:<name>". */
  person: string | null;
  via: string | null;
  runId: string | null;
  flowId: string | null;
  /** Null where the flow was deleted for good. */
  flowName: string | null;
  flowVersion: number | null;
  stepPath: string | null;
  asUser: string | null;
  /** Names of the fields that it changed. */
  fields: string[];
  undoKind: UndoKind;
  undoable: boolean;
  /** Why it cannot be undone, in words. */
  notUndoable: string | null;
  /** It makes an object, and its answer was lost. */
  lost: boolean;
  httpStatus: number | null;
  errorCode: string | null;
  undoOf: string | null;
  undoneBy: string | null;
}

/** A field that differs. */
export interface Difference {
  field: string;
  before: unknown;
  after: unknown;
}

export interface ChangeDetail extends Change {
  /** Why something of it is not kept, or could not be read. */
  note: string | null;
  /** The objects are for admins. */
  hidden: boolean;
  before: unknown;
  sent: unknown;
  after: unknown;
  diff: Difference[];
}

/** How the object is now, beside what the change left. */
export interface Comparison {
  isThere: boolean;
  changedSince: Difference[];
}

export interface PlannedField {
  field: string;
  now: unknown;
  before: unknown;
  /** The change changed it; otherwise others did, since. */
  ours: boolean;
  /** conflict: ours, and others changed it since. kept: others changed it, and it stays. */
  outcome: Wire<"UndoPlan">["fields"][number]["outcome"];
}

/** What an undo would do now. */
export interface UndoPlan {
  kind: UndoKind;
  outcome: Wire<"UndoPlan">["outcome"];
  reason: string | null;
  fields: PlannedField[];
  /** What does not come back, in words. */
  loses: string[];
  /** Requests that it makes. */
  calls: number;
}

/** What came of an undo; or what is asked before it is made, where the guard asks. */
export type Undone =
  | { outcome: "undone"; undoId: string | null; incomplete: string[] }
  | { outcome: "nothing"; reason: string }
  | { outcome: "preview"; grade: string; confirmToken: string; expiresAt: Date }
  | { outcome: "second_person"; grade: string; requestId: string | null; expiresAt: Date };

/** Changes that are undone together: of one run, or of one flow in a range of time (RFC 3339). */
export type BulkWish = { runId: string } | { flowId: string; from: string; to: string };

export interface BulkPlan {
  changes: number;
  undoable: number;
  undone: number;
  notUndoable: number;
  byOperation: { operationId: string; entityType: string; changes: number }[];
}

export interface UndoJob {
  id: string;
  state: Wire<"UndoJob">["state"];
  runId: string | null;
  flowId: string | null;
  total: number;
  left: number;
  outcomes: Wire<"UndoJob">["outcomes"];
  problems: { changeId: string; outcome: string; reason: string | null }[];
}

/** What the list is narrowed to; times as RFC 3339 text. */
export interface ChangeQuery {
  entityType?: string;
  entityId?: string;
  person?: string;
  flowId?: string;
  runId?: string;
  undoable?: string;
  from?: string;
  to?: string;
}

export interface ChangePage {
  changes: Change[];
  nextCursor: string | null;
}

/** One page, newest first. */
export async function listChanges(
  api: Api,
  { query, cursor, signal }: { query: ChangeQuery; cursor?: string; signal?: AbortSignal },
): Promise<ChangePage> {
  const { changes, pagination } = await api.get<Answer<"get_ui_changes">>("/changes", {
    entity_type: query.entityType,
    entity_id: query.entityId,
    person: query.person,
    flow_id: query.flowId,
    run_id: query.runId,
    undoable: query.undoable,
    from: query.from,
    to: query.to,
    cursor,
    limit: 50,
  }, signal);
  return { changes: changes.map(toChange), nextCursor: pagination.next_cursor };
}

/** Throws ApiError 404 for a change that retention deleted, or of another workspace. */
export async function getChange(api: Api, id: string, signal?: AbortSignal): Promise<ChangeDetail> {
  const wire = await api.get<Answer<"get_ui_changes_id">>(pathOf(id), undefined, signal);
  const { note, hidden, before, sent, after, diff } = wire;
  return { ...toChange(wire), note, hidden, before, sent, after, diff };
}

/** Reads the object from Clockify. For admins. */
export async function compareWithNow(api: Api, id: string, signal?: AbortSignal): Promise<Comparison> {
  const { current } = await api.get<Answer<"get_ui_changes_id">>(pathOf(id), { current: true }, signal);
  return { isThere: current?.object != null, changedSince: current?.changed_since ?? [] };
}

/** Reads the object from Clockify; sends nothing else. `all`: also what others changed since. */
export async function previewUndo(
  api: Api,
  id: string,
  { all, signal }: { all: boolean; signal?: AbortSignal },
): Promise<UndoPlan> {
  const { kind, outcome, reason, fields, loses, calls } = await api.get<Answer<"get_ui_changes_id_undo">>(
    `${pathOf(id)}/undo`,
    { all },
    signal,
  );
  return { kind, outcome, reason, fields, loses, calls: calls.length };
}

/**
 * `token`: of an answer that asked for a confirmation. Throws ApiError 409 UNDO_CONFLICT, UNDO_DONE, UNDO_IN_PROGRESS, 422
 * UNDO_IMPOSSIBLE, and what the guard refuses with.
 */
export async function undoChange(
  api: Api,
  id: string,
  { all, token }: { all: boolean; token?: string },
): Promise<Undone> {
  try {
    const wire = await api.create<Answer<"post_ui_changes_id_undo">>(`${pathOf(id)}/undo`, {
      all,
      ...(token !== undefined && { confirm_token: token }),
    });
    return wire.outcome === "nothing"
      ? { outcome: "nothing", reason: wire.reason ?? say("it is as it was before") }
      : { outcome: "undone", undoId: wire.undo_id, incomplete: wire.incomplete };
  } catch (problem) {
    const confirmation = problem instanceof ApiError ? problem.confirmation : undefined;
    if (!confirmation) throw problem;
    const { grade, expires_at, confirm_token = "", request_id = null } = confirmation;
    const expiresAt = new Date(expires_at);
    return confirmation.kind === "preview"
      ? { outcome: "preview", grade, confirmToken: confirm_token, expiresAt }
      : { outcome: "second_person", grade, requestId: request_id, expiresAt };
  }
}

/** An object that a create may have made whose answer was lost. */
export interface Candidate {
  id: string;
  name: string | null;
  /** Names of what was sent that the object has otherwise. */
  differs: string[];
  object: Record<string, unknown>;
}

export interface LostCandidates {
  candidates: Candidate[];
  /** The whole list was looked through. */
  isWhole: boolean;
  /** Why it could not be looked for, in words. */
  reason: string | null;
}

/** Reads the list that the object would stand in: a call to Clockify for each page. */
export async function lookForLost(api: Api, id: string, signal?: AbortSignal): Promise<LostCandidates> {
  const { candidates, whole: isWhole, reason } = await api.get<Answer<"get_ui_changes_id_candidates">>(
    `${pathOf(id)}/candidates`,
    undefined,
    signal,
  );
  return { candidates, isWhole, reason };
}

/** `entityId`: what it made; null: nothing. Throws ApiError 409 where it is known by now, or the object is not like it. */
export async function settleLost(api: Api, id: string, entityId: string | null): Promise<void> {
  await api.send<Answer<"post_ui_changes_id_settle">>("POST", `${pathOf(id)}/settle`, { entity_id: entityId });
}

/** Counts them; nothing is sent. */
export async function planBulkUndo(api: Api, wish: BulkWish): Promise<BulkPlan> {
  const { plan } = await api.send<Answer<"post_ui_changes_undo">>("POST", "/changes/undo", bulkBody(wish));
  return {
    changes: plan.changes,
    undoable: plan.undoable,
    undone: plan.undone,
    notUndoable: plan.not_undoable,
    byOperation: plan.by_operation.map(({ operation_id: operationId, entity_type: entityType, changes }) => ({
      operationId,
      entityType,
      changes,
    })),
  };
}

/** Gives the job's id. Throws ApiError 409 while another job of the workspace is in progress. */
export async function startBulkUndo(api: Api, wish: BulkWish, { all }: { all: boolean }): Promise<string> {
  const { job } = await api.create<Answer<"post_ui_changes_undo">>("/changes/undo", {
    ...bulkBody(wish),
    all,
    confirm: true,
  });
  return job!.id;
}

export async function getUndoJob(api: Api, id: string, signal?: AbortSignal): Promise<UndoJob> {
  return toJob(
    await api.get<Answer<"get_ui_undo_jobs_id">>(`/undo-jobs/${encodeURIComponent(id)}`, undefined, signal),
  );
}

/** What it is undoing is finished; the rest stays as it is. */
export async function stopUndoJob(api: Api, id: string): Promise<UndoJob> {
  return toJob(
    await api.send<Answer<"post_ui_undo_jobs_id_stop">>("POST", `/undo-jobs/${encodeURIComponent(id)}/stop`),
  );
}

function pathOf(id: string): string {
  return `/changes/${encodeURIComponent(id)}`;
}

function bulkBody(wish: BulkWish) {
  return "runId" in wish ? { run_id: wish.runId } : { flow_id: wish.flowId, from: wish.from, to: wish.to };
}

function toChange(wire: Wire<"Change">): Change {
  return {
    id: wire.id,
    at: new Date(wire.at),
    state: wire.state,
    operationId: wire.operation_id,
    method: wire.method,
    entityType: wire.entity_type,
    entityId: wire.entity_id,
    noun: wire.noun,
    name: wire.name,
    origin: wire.origin,
    person: wire.person,
    via: wire.via,
    runId: wire.run_id,
    flowId: wire.flow_id,
    flowName: wire.flow_name,
    flowVersion: wire.flow_version,
    stepPath: wire.step_path,
    asUser: wire.as_user,
    fields: wire.fields,
    undoKind: wire.undo_kind,
    undoable: wire.undoable,
    notUndoable: wire.not_undoable,
    lost: wire.lost,
    httpStatus: wire.http_status,
    errorCode: wire.error_code,
    undoOf: wire.undo_of,
    undoneBy: wire.undone_by,
  };
}

function toJob(wire: Wire<"UndoJob">): UndoJob {
  return {
    id: wire.id,
    state: wire.state,
    runId: wire.run_id,
    flowId: wire.flow_id,
    total: wire.total,
    left: wire.left,
    outcomes: wire.outcomes,
    problems: wire.problems.map(({ change_id: changeId, outcome, reason }) => ({ changeId, outcome, reason })),
  };
}
