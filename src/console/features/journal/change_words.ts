/** Changes in words: what happened to which object, by whom, in which state, and what its undo would do. Pure. */

import type { Tone } from "../../ui/tag.tsx";
import type { Change, ChangeState, UndoKind, UndoPlan } from "./api.ts";

/** Names of users and objects, by id. */
export type Names = ReadonlyMap<string, { name: string }>;

/** What the object is called: as the names of the workspace have it, else as the change keeps it. */
export function nameOf({ name, entityId }: Pick<Change, "name" | "entityId">, names: Names): string | null {
  return name ?? (entityId === null ? null : names.get(entityId)?.name ?? null);
}

const VERBS: Partial<Record<UndoKind, string>> = { restore: "changed", recreate: "deleted", remove: "created" };

/** What is said behind the object: "deleted", "not deleted", "perhaps deleted"; undefined where it has no such verb. */
export function verbOf({ undoKind, state }: Pick<Change, "undoKind" | "state">): string | undefined {
  const verb = VERBS[undoKind];
  if (verb === undefined) return undefined;
  switch (state) {
    case "done":
      return verb;
    case "refused":
      return `not ${verb}`;
    case "sending":
      return `being ${verb}`;
    default:
      return `perhaps ${verb}`;
  }
}

/** "Send invoice" of "sendInvoice". */
export function operationText(operationId: string): string {
  const words = operationId.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll(/[-_.]+/g, " ").toLowerCase();
  return capital(words);
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "Time entry" of "time_entry". */
export function typeText(entityType: string): string {
  return capital(entityType.replaceAll("_", " "));
}

const FIELDS: Readonly<Record<string, string>> = {
  tagIds: "tags",
  projectId: "project",
  taskId: "task",
  clientId: "client",
  userId: "person",
  userIds: "people",
  assigneeIds: "assignees",
  userGroupIds: "groups",
  categoryId: "category",
  customFields: "custom fields",
  customFieldValues: "custom fields",
  ccEmails: "copies by mail",
  isPublic: "public",
  dueDate: "due date",
};

/** A field in words: "tags" of "tagIds", "hourly rate" of "hourlyRate", a member's by the name. */
export function fieldText(field: string, names: Names): string {
  const [, member] = /^member (.+)$/.exec(field) ?? [];
  if (member !== undefined) return `${names.get(member)?.name ?? member} is a member`;
  return FIELDS[field] ?? field.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase();
}

const MAX_FIELDS = 4;

/** "description, tags" */
export function fieldsText(fields: readonly string[], names: Names): string {
  const shown = fields.slice(0, MAX_FIELDS).map((field) => fieldText(field, names));
  const rest = fields.length - shown.length;
  return shown.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

const STATES: Readonly<Record<ChangeState, { text: string; tone: Tone }>> = {
  sending: { text: "In progress", tone: "wait" },
  done: { text: "Done", tone: "ok" },
  refused: { text: "Refused", tone: "bad" },
  failed: { text: "Failed", tone: "warn" },
  uncertain: { text: "Uncertain", tone: "warn" },
};

export function stateOf({ state }: Pick<Change, "state">): { text: string; tone: Tone } {
  return STATES[state];
}

/** The state in a sentence, where it is more than "done". */
export function stateSentence(
  { state, httpStatus, lost }: Pick<Change, "state" | "httpStatus"> & { lost?: boolean },
): string | undefined {
  // What is to be done then is said beside it.
  const see = lost ? "" : " Compare with now to see.";
  switch (state) {
    case "done":
      return undefined;
    case "sending":
      return "The request was sent and is not answered yet.";
    case "refused":
      // Its answer was lost, and a person looked: the note says so.
      if (httpStatus === null || httpStatus >= 500) return "Nothing was changed.";
      return `Clockify refused it with ${httpStatus}: nothing was changed.`;
    case "failed":
      return `Clockify answered ${httpStatus ?? "with a failure"}: it may have been done all the same.${see}`;
    case "uncertain":
      return `The answer was never seen: it may have been done or not.${see}`;
  }
}

/** Whether it can be undone, in a word or two. */
export function undoTag(change: Pick<Change, "undoable" | "undoneBy" | "state">): { text: string; tone: Tone } {
  if (change.undoneBy !== null) return { text: "Undone", tone: "idle" };
  if (change.state === "sending") return STATES.sending;
  if (!change.undoable) return { text: change.state === "refused" ? "Refused" : "Cannot be undone", tone: "idle" };
  return { text: "Can be undone", tone: "ok" };
}

/** "Long entries, version 4", "Mara Obi in the Explorer", "Mara Obi, as an undo". */
export function byText(
  { origin, flowName, flowId, flowVersion, person, via }: Pick<
    Change,
    "origin" | "flowName" | "flowId" | "flowVersion" | "person" | "via"
  >,
  names: Names,
): string {
  switch (origin) {
    case "flow":
      return `${flowName ?? `Flow ${flowId}`}${flowVersion === null ? "" : `, version ${flowVersion}`}`;
    case "person":
      return `${personText(person, names)}${
        via === "explorer" ? " in the Explorer" : via === "api_call" ? " by API" : ""
      }`;
    case "undo":
      return `${personText(person, names)}, as an undo`;
    case "program":
      return "Timewire";
  }
}

/** A person's name; without one the id. */
export function personText(person: string | null, names: Names): string {
  if (person === null) return "A person";
  if (person.startsWith("operator:")) return `Operator ${person.slice("operator:".length)}`;
  return names.get(person)?.name ?? person;
}

export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The button that opens the preview. */
export function undoLabel({ undoKind, fields, noun }: Pick<Change, "undoKind" | "fields" | "noun">): string {
  switch (undoKind) {
    case "restore":
      return fields.length === 0 ? "Undo…" : `Undo ${countText(fields.length, "field")}…`;
    case "recreate":
      return `Create the ${noun} again…`;
    case "remove":
      return `Delete the ${noun}…`;
    default:
      return "Undo…";
  }
}

/** The fields that the plan writes. */
export function restoredFields({ fields }: UndoPlan, { all }: { all: boolean }) {
  return fields.filter(({ outcome }) => outcome === "restored" || all && outcome === "conflict");
}

/** The button that does it. */
export function confirmLabel(plan: UndoPlan, { noun, all }: { noun: string; all: boolean }): string {
  switch (plan.kind) {
    case "restore":
      return `Undo ${countText(restoredFields(plan, { all }).length, "field")}`;
    case "recreate":
      return `Create the ${noun} again`;
    case "remove":
      return `Delete the ${noun}`;
    default:
      return "Undo it";
  }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  undone: "undone",
  nothing: "nothing to undo",
  conflict: "changed by others since",
  refused: "cannot be undone",
  failed: "failed in Clockify",
  skipped: "not begun",
};

/** How an item of an undo job ended. */
export function outcomeText(outcome: string): string {
  return OUTCOMES[outcome] ?? outcome;
}

const ID = /^[\da-f]{24}$/;

/** Ids in a value, whose names a page may want. */
export function idsIn(value: unknown, found: Set<string> = new Set(), depth = 0): Set<string> {
  if (typeof value === "string") {
    if (ID.test(value)) found.add(value);
  } else if (typeof value === "object" && value !== null && depth < 6) {
    for (const one of Object.values(value)) idsIn(one, found, depth + 1);
  }
  return found;
}
