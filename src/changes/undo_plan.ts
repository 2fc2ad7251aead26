/** What the undo of a change would do, given the object as it is now. Pure: data in, data out. */

import { changesBetween } from "../clockify/full_replace.ts";
import {
  type Fields,
  isFields,
  type ObjectWrite,
  type UndoCall,
  type UndoParts,
  type WriteParts,
} from "../clockify/object_write.ts";
import { changedFields, viewAfter } from "./recorder.ts";
import type { Change } from "./store.ts";

/** A field of the object, and what the undo means for it. */
export interface PlannedField {
  field: string;
  /** As it is now, and as it was before the change. */
  now: unknown;
  before: unknown;
  /** The change changed it; otherwise others did, since. */
  ours: boolean;
  /**
   * restored: it is put back. conflict: the change changed it, and others did since: it is put back where a person takes all.
   * kept: others changed it, and it stays. same: it is as it was before already.
   */
  outcome: "restored" | "conflict" | "kept" | "same";
}

export interface UndoPlan {
  kind: ObjectWrite["undo"]["kind"];
  /** ready: it can be done. nothing: it is as it was before. conflict: only where a person takes all. impossible: for `reason`. */
  outcome: "ready" | "nothing" | "conflict" | "impossible";
  reason: string | null;
  fields: PlannedField[];
  /** What does not come back, in words. */
  loses: readonly string[];
  /** In their order. */
  calls: UndoCall[];
  /** Index of the call that the undo is about; others prepare it. */
  main: number;
  /**
   * What follows once the object is made, as far as is known before: with its earlier id, since it has no other yet. The guard
   * is asked about these too.
   */
  follows: UndoCall[];
}

export interface PlanInput {
  change: Change;
  row: ObjectWrite;
  parts: WriteParts;
  /** Undefined: it is gone, or there is no read. */
  now?: Fields;
  /** Take also fields that others changed. */
  all: boolean;
}

export function planUndo(input: PlanInput): UndoPlan {
  const { change, row, parts, now, all } = input;
  const { undo } = row;
  const loses = undo.kind === "none" ? [] : undo.loses;
  const plan = (rest: Partial<UndoPlan> & Pick<UndoPlan, "outcome">): UndoPlan => ({
    kind: undo.kind,
    reason: null,
    fields: [],
    loses,
    calls: [],
    main: 0,
    follows: [],
    ...rest,
  });
  const impossible = (reason: string) => plan({ outcome: "impossible", reason });
  const ready = (
    calls: UndoCall[] | { cannot: string },
    { fields = [], main = 0, follows = [] }: { fields?: PlannedField[]; main?: number; follows?: UndoCall[] } = {},
  ) =>
    Array.isArray(calls)
      ? plan({ outcome: calls.length > 0 ? "ready" : "nothing", calls, fields, main, follows })
      : plan({ outcome: "impossible", reason: calls.cannot, fields });
  const undoParts: UndoParts = { ...parts, before: change.before ?? undefined, now, fields: [] };
  const recreated = (before: Fields) => {
    if (undo.kind !== "recreate") return impossible(notRead(change));
    const calls = undo.calls({ ...undoParts, before });
    if (!Array.isArray(calls)) return ready(calls);
    const id = parts.id ?? "";
    const sent = calls[0]?.body;
    // Of what a create says most comes back as it is.
    const made = { ...(isFields(sent) && sent), id };
    return ready(calls, { follows: undo.then?.({ ...undoParts, before, id, made }) ?? [] });
  };

  switch (undo.kind) {
    case "none":
      return impossible(undo.reason);
    case "opposite":
      return ready(undo.calls(undoParts));
    case "recreate":
      if (!change.before) return impossible(notRead(change));
      if (now) return plan({ outcome: "nothing", reason: `the ${row.noun} is there` });
      return recreated(change.before);
    case "remove": {
      const { id } = parts;
      if (id === undefined) return impossible("the id of what was made is not known");
      if (row.read && !now) return plan({ outcome: "nothing", reason: `the ${row.noun} is gone already` });
      const fields = changedSince(input);
      if (fields.length > 0 && !all) return plan({ outcome: "conflict", fields, reason: conflictReason(row, fields) });
      const calls = undo.calls({ ...undoParts, id });
      return ready(calls, { fields, main: Array.isArray(calls) ? calls.length - 1 : 0 });
    }
    case "restore": {
      if (!change.before) return impossible(notRead(change));
      if (!now) return impossible(`the ${row.noun} is gone`);
      const fields = restoredFields(input, { before: change.before, now });
      const conflicts = fields.filter(({ outcome }) => outcome === "conflict");
      if (conflicts.length > 0 && !all) {
        return plan({ outcome: "conflict", fields, reason: conflictReason(row, conflicts) });
      }
      const names = fields.filter(({ outcome }) => outcome === "restored" || outcome === "conflict").map(({ field }) =>
        field
      );
      if (names.length === 0) {
        return plan({ outcome: "nothing", fields, reason: `the ${row.noun} is as it was before` });
      }
      return ready(undo.calls({ ...undoParts, fields: names }), { fields });
    }
  }
}

/** Why there is nothing to go back to. */
export function notRead({ beforeState, note }: Pick<Change, "beforeState" | "note">): string {
  const why = note === null ? "" : `: ${note}`;
  switch (beforeState) {
    case "too_large":
      return `what it was before is not kept${why}`;
    case "unreadable":
      return `what it was before could not be read${why}`;
    default:
      return `what it was before was not read${why}`;
  }
}

function conflictReason({ noun }: ObjectWrite, fields: readonly PlannedField[]): string {
  return `others changed the ${noun} since: ${fields.map(({ field }) => field).join(", ")}`;
}

function restoredFields(
  { change, row, parts, all }: PlanInput,
  { before, now }: { before: Fields; now: Fields },
): PlannedField[] {
  const after = change.after ?? undefined;
  const was = row.view(before, parts);
  const became = viewAfter(row, parts, { before, after });
  const is = row.view(now, parts);
  const ours = change.fields.length > 0 ? change.fields : changedFields(row, parts, { before, after });
  const differs = (a: Fields, b: Fields) => new Set(changesBetween(a, b).map(({ field }) => field));
  const [fromBefore, fromAfter] = [differs(was, is), differs(became, is)];
  const field = (name: string, isOurs: boolean, outcome: PlannedField["outcome"]): PlannedField => ({
    field: name,
    now: is[name] ?? null,
    before: was[name] ?? null,
    ours: isOurs,
    outcome,
  });
  const own = ours.map((name) =>
    field(name, true, !fromBefore.has(name) ? "same" : fromAfter.has(name) ? "conflict" : "restored")
  );
  const others = [...fromAfter].filter((name) => !ours.includes(name)).map((name) =>
    field(name, false, !fromBefore.has(name) ? "same" : all ? "restored" : "kept")
  );
  return [...own, ...others];
}

/** Of what was made: the fields that others changed since. */
function changedSince({ change, row, parts, now }: PlanInput): PlannedField[] {
  if (!row.whole || !change.after || !isFields(now)) return [];
  return changesBetween(row.whole(change.after, parts), row.whole(now, parts)).map(({ field, before, after }) => ({
    field,
    now: after,
    before,
    ours: false,
    outcome: "conflict" as const,
  }));
}
