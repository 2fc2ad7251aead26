/** Changes in words: what happened to which object, by whom, in which state, and what its undo would do. Pure. */

import type { Tone } from "../../ui/tag.tsx";
import { fieldWord } from "../entities/fields.ts";
import { capital, nounWord } from "../entities/kinds.ts";
import type { Change, ChangeState, UndoKind, UndoPlan } from "./api.ts";
import { say, sayCount } from "../../words/say.ts";

/** Names of users and objects, by id. */
export type Names = ReadonlyMap<string, { name: string }>;

/** What the object is called: as the names of the workspace have it, else as the change keeps it. */
export function nameOf({ name, entityId }: Pick<Change, "name" | "entityId">, names: Names): string | null {
  return name ?? (entityId === null ? null : names.get(entityId)?.name ?? null);
}

/** By state: done, refused, being sent, and what is not certain. */
type Verbs = Readonly<Record<"done" | "refused" | "sending" | "perhaps", string>>;

const VERBS: Partial<Record<UndoKind, Verbs>> = {
  restore: {
    done: say("changed##an object"),
    refused: say("not changed"),
    sending: say("being changed"),
    perhaps: say("perhaps changed"),
  },
  recreate: {
    done: say("deleted##an object"),
    refused: say("not deleted"),
    sending: say("being deleted"),
    perhaps: say("perhaps deleted"),
  },
  remove: {
    done: say("created##an object"),
    refused: say("not created##an object"),
    sending: say("being created"),
    perhaps: say("perhaps created"),
  },
};

/** What is said behind the object: "deleted", "not deleted", "perhaps deleted"; undefined where it has no such verb. */
export function verbOf({ undoKind, state }: Pick<Change, "undoKind" | "state">): string | undefined {
  return VERBS[undoKind]?.[state === "failed" || state === "uncertain" ? "perhaps" : state];
}

/** "Send invoice" of "sendInvoice". */
export function operationText(operationId: string): string {
  const words = operationId.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll(/[-_.]+/g, " ").toLowerCase();
  return capital(words);
}

/** Fields that are called otherwise than they are spelt. */
const FIELDS: Readonly<Record<string, string>> = {
  tagIds: say("tags"),
  projectId: say("project"),
  taskId: say("task"),
  clientId: say("client"),
  userId: say("person"),
  userIds: say("people"),
  assigneeIds: say("assignees"),
  userGroupIds: say("groups"),
  categoryId: say("category"),
  customFieldValues: say("custom fields"),
  ccEmails: say("copies by mail"),
  isPublic: say("public"),
};

/** A field in words: "tags" of "tagIds", "hourly rate" of "hourlyRate", a member's by the name. */
export function fieldText(field: string, names: Names): string {
  const [, member] = /^member (.+)$/.exec(field) ?? [];
  if (member !== undefined) return say("{person} is a member", { person: names.get(member)?.name ?? member });
  if (Object.hasOwn(FIELDS, field)) return FIELDS[field]!;
  return fieldWord(field.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase());
}

const MAX_FIELDS = 4;

/** "description, tags" */
export function fieldsText(fields: readonly string[], names: Names): string {
  const shown = fields.slice(0, MAX_FIELDS).map((field) => fieldText(field, names));
  const rest = fields.length - shown.length;
  return rest > 0 ? say("{fields} and {count} more", { fields: shown.join(", "), count: rest }) : shown.join(", ");
}

const STATES: Readonly<Record<ChangeState, { text: string; tone: Tone }>> = {
  sending: { text: say("In progress"), tone: "wait" },
  done: { text: say("Done"), tone: "ok" },
  refused: { text: say("Refused"), tone: "bad" },
  failed: { text: say("Failed"), tone: "warn" },
  uncertain: { text: say("Uncertain"), tone: "warn" },
};

export function stateOf({ state }: Pick<Change, "state">): { text: string; tone: Tone } {
  return STATES[state];
}

/** The state in a sentence, where it is more than "done". */
export function stateSentence(
  { state, httpStatus, lost }: Pick<Change, "state" | "httpStatus"> & { lost?: boolean },
): string | undefined {
  // What is to be done then is said beside it.
  const see = lost ? "" : ` ${say("Compare with now to see.")}`;
  switch (state) {
    case "done":
      return undefined;
    case "sending":
      return say("The request was sent and is not answered yet.");
    case "refused":
      // Its answer was lost, and a person looked: the note says so.
      if (httpStatus === null || httpStatus >= 500) return say("Nothing was changed.");
      return say("Clockify refused it with {status}: nothing was changed.", { status: httpStatus });
    case "failed":
      return (httpStatus === null
        ? say("Clockify answered with a failure: it may have been done all the same.")
        : say("Clockify answered {status}: it may have been done all the same.", { status: httpStatus })) + see;
    case "uncertain":
      return say("The answer was never seen: it may have been done or not.") + see;
  }
}

/** Whether it can be undone, in a word or two. */
export function undoTag(change: Pick<Change, "undoable" | "undoneBy" | "state">): { text: string; tone: Tone } {
  if (change.undoneBy !== null) return { text: say("Undone"), tone: "idle" };
  if (change.state === "sending") return STATES.sending;
  if (!change.undoable) {
    return { text: change.state === "refused" ? say("Refused") : say("Cannot be undone"), tone: "idle" };
  }
  return { text: say("Can be undone"), tone: "ok" };
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
    case "flow": {
      const flow = flowName ?? say("Flow {id}", { id: flowId ?? "" });
      return flowVersion === null ? flow : say("{flow}, version {number}", { flow, number: flowVersion });
    }
    case "person":
      return via === "explorer"
        ? say("{person} in the Explorer", { person: personText(person, names) })
        : via === "api_call"
        ? say("{person} by API", { person: personText(person, names) })
        : personText(person, names);
    case "undo":
      return say("{person}, as an undo", { person: personText(person, names) });
    case "program":
      return "Timewire";
  }
}

/** A person's name; without one the id. */
export function personText(person: string | null, names: Names): string {
  if (person === null) return say("A person");
  if (person.startsWith("operator:")) {
    return say("Operator {name}", { name: person.slice("operator:".length) });
  }
  return names.get(person)?.name ?? person;
}

/** The button that opens the preview. */
export function undoLabel({ undoKind, fields, noun }: Pick<Change, "undoKind" | "fields" | "noun">): string {
  switch (undoKind) {
    case "restore":
      return fields.length === 0
        ? say("Undo…")
        : sayCount(fields.length, "Undo {count} field…", "Undo {count} fields…", { count: fields.length });
    case "recreate":
      return say("Create the {noun} again…", { noun: nounWord(noun) });
    case "remove":
      return say("Delete the {noun}…", { noun: nounWord(noun) });
    default:
      return say("Undo…");
  }
}

/** The fields that the plan writes. */
export function restoredFields({ fields }: UndoPlan, { all }: { all: boolean }) {
  return fields.filter(({ outcome }) => outcome === "restored" || all && outcome === "conflict");
}

/** The button that does it. */
export function confirmLabel(plan: UndoPlan, { noun, all }: { noun: string; all: boolean }): string {
  switch (plan.kind) {
    case "restore": {
      const count = restoredFields(plan, { all }).length;
      return sayCount(count, "Undo {count} field", "Undo {count} fields", { count });
    }
    case "recreate":
      return say("Create the {noun} again", { noun: nounWord(noun) });
    case "remove":
      return say("Delete the {noun}", { noun: nounWord(noun) });
    default:
      return say("Undo it");
  }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  undone: say("undone"),
  nothing: say("nothing to undo"),
  conflict: say("changed by others since"),
  refused: say("cannot be undone"),
  failed: say("failed in Clockify"),
  skipped: say("not begun"),
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
