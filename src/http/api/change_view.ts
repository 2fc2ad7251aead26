/** Changes as their routes answer them: members see no amounts, and nothing of what only admins see in Clockify. */

import type { Change, ChangeRow } from "../../changes/store.ts";
import { isLost } from "../../changes/lost_rows.ts";
import { viewAfter } from "../../changes/recorder.ts";
import { notRead, type UndoPlan } from "../../changes/undo_plan.ts";
import { partsOfChange } from "../../changes/undo.ts";
import { changesBetween } from "../../clockify/full_replace.ts";
import { type Fields, isFields } from "../../clockify/object_write.ts";
import { objectWriteNamed } from "../../clockify/object_writes.ts";
import { redactPayload } from "../../events/payload.ts";
import type { Login } from "../server/app_env.ts";

type Role = Login["role"];

/** Objects that Clockify shows to admins alone, or to their own person. */
export const ADMIN_TYPES: ReadonlySet<string> = new Set([
  ...["invoice", "invoice_payment", "invoice_settings", "expense", "webhook", "member_profile", "time_off_balance"],
  ...["user", "workspace", "balance", "user_manager"],
]);
/** Those of them whose cached entities have nothing for others. */
export const ADMIN_LISTS: ReadonlySet<string> = new Set([
  ...["invoice", "invoice_payment", "expense", "balance", "user_manager"],
]);
const AMOUNT = /rate|budget|amount|^total|balance|price/i;

/** Without the fields that tell amounts. */
export function withoutAmounts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAmounts);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !AMOUNT.test(name)).map(([name, one]) => [name, withoutAmounts(one)]),
  );
}

export function changeRowJson(row: ChangeRow, role: Role) {
  const write = objectWriteNamed(row.operationKey);
  return {
    id: String(row.id),
    at: row.at.toISOString(),
    finished_at: row.finishedAt?.toISOString() ?? null,
    state: row.state,
    operation_id: row.operation,
    method: row.operationKey.slice(0, row.operationKey.indexOf(" ")),
    entity_type: row.entityType,
    entity_id: row.entityId,
    noun: write.noun,
    name: shownName(row, role),
    origin: row.origin,
    person: row.person,
    via: row.via,
    run_id: row.runId,
    flow_id: row.flowId === null ? null : String(row.flowId),
    flow_name: row.flowName,
    flow_version: row.flowVersion,
    step_path: row.stepPath,
    as_user: row.asUser,
    fields: row.fields,
    undo_kind: write.undo.kind,
    undoable: row.undoable,
    not_undoable: row.undoable ? null : whyNot(row),
    lost: isLost(row),
    http_status: row.httpStatus,
    error_code: row.errorCode,
    undo_of: row.undoOf === null ? null : String(row.undoOf),
    undone_by: row.undoneBy === null ? null : String(row.undoneBy),
  };
}

function shownName({ name, entityType }: ChangeRow, role: Role): string | null {
  if (role === "admin" || name === null) return name;
  return ADMIN_TYPES.has(entityType) ? null : redactPayload(name) as string;
}

/** Why there is nothing to undo, in words. */
function whyNot(row: ChangeRow): string {
  const { undo } = objectWriteNamed(row.operationKey);
  if (row.undoneBy !== null) return `it was undone by change ${row.undoneBy}`;
  if (row.state === "refused") {
    // What Clockify refuses with has another status; of this a person said that it made nothing.
    const isSaid = row.httpStatus === null || row.httpStatus >= 500;
    return isSaid && row.note !== null ? row.note : "Clockify refused it, so that nothing was changed";
  }
  if (row.state === "sending") return "it is being made";
  if (undo.kind === "none") return undo.reason;
  if (row.beforeState !== "read" && row.beforeState !== "none") return notRead(row);
  if (row.state !== "done") return "what came of it is not known";
  if (undo.kind === "restore" && row.fields.length > 0 && row.note !== null) return row.note;
  return row.origin === "undo" ? `it is a part of the undo of change ${row.undoOf ?? "another"}` : "it changed nothing";
}

export function changeJson(change: Change, role: Role, { workspaceId }: { workspaceId: string }) {
  const row = objectWriteNamed(change.operationKey);
  const parts = partsOfChange(change, row, { workspaceId });
  const hidden = role !== "admin" && ADMIN_TYPES.has(change.entityType);
  const shown = (value: unknown) => hidden ? null : role === "admin" ? value : withoutAmounts(value);
  const after = change.after ?? undefined;
  const diff = change.before && row.undo.kind === "restore"
    ? changesBetween(row.view(change.before, parts), viewAfter(row, parts, { before: change.before, after }))
    : [];
  return {
    ...changeRowJson(change, role),
    path_params: change.params.path,
    query_params: change.params.query,
    before_state: change.beforeState,
    note: change.note,
    hidden,
    before: shown(change.before) ?? null,
    sent: shown(change.sent) ?? null,
    after: shown(change.after) ?? null,
    diff: hidden ? [] : diff
      .filter(({ field }) => role === "admin" || !AMOUNT.test(field))
      .map(({ field, before, after }) => ({ field, before: shown(before) ?? null, after: shown(after) ?? null })),
  };
}

/** The object as it is now, and how it differs from what the change left. */
export function currentJson(change: Change, now: Fields | undefined, { workspaceId }: { workspaceId: string }) {
  const row = objectWriteNamed(change.operationKey);
  const parts = partsOfChange(change, row, { workspaceId });
  const view = row.whole ?? row.view;
  const left = change.after ?? (row.undo.kind === "restore" ? change.before : null);
  const since = now && left ? changesBetween(view(left, parts), view(now, parts)) : [];
  return { object: now ?? null, changed_since: since };
}

export function planJson(change: Change, plan: UndoPlan) {
  return {
    change: changeRowJson(change, "admin"),
    kind: plan.kind,
    outcome: plan.outcome,
    reason: plan.reason,
    fields: plan.fields,
    loses: [...plan.loses],
    calls: [...plan.calls, ...plan.follows].map(({ operation, body }, index) => ({
      operation,
      body: body ?? null,
      main: index === plan.main,
    })),
  };
}
