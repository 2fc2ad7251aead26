/** Schemas of what the journal's routes answer. */

import { z } from "zod";
import { BEFORE_STATES, CHANGE_STATES, ORIGINS } from "../../changes/change_rows.ts";
import { UNDO_OUTCOMES } from "../../telemetry/instruments.ts";
import { anyJson, id, instant } from "./schemas.ts";

const text = (description: string) => z.string().nullable().meta({ description });
const undoKind = z.enum(["restore", "recreate", "remove", "opposite", "none"]).meta({
  description:
    "Puts fields back; makes it once more; deletes what was made; makes the opposite call; or nothing can be done",
});

const rowFields = {
  id,
  at: instant,
  finished_at: instant.nullable(),
  state: z.enum(CHANGE_STATES).meta({
    description: "uncertain: the answer of Clockify was never seen; failed: it answered 5xx, and may have done it",
  }),
  operation_id: z.string(),
  method: z.string(),
  entity_type: z.string(),
  entity_id: text("Null where it is not known"),
  noun: z.string(),
  name: text(
    "Name, description or number of the object as it was last; null where it has none, or members may not see it",
  ),
  origin: z.enum(ORIGINS),
  person: text("Clockify user id, or operator:<name>"),
  via: text("How a person made it: explorer or api_call"),
  run_id: z.string().nullable(),
  flow_id: id.nullable(),
  flow_name: z.string().nullable(),
  flow_version: z.int().nullable(),
  step_path: z.string().nullable(),
  as_user: text("The user whose token the call was made with"),
  fields: z.array(z.string()).meta({ description: "Names of the fields that it changed" }),
  undo_kind: undoKind,
  undoable: z.boolean(),
  not_undoable: text("Why it cannot be undone"),
  lost: z.boolean().meta({
    description: "It makes an object, and its answer was lost: GET /ui/changes/{id}/candidates looks for the object",
  }),
  http_status: z.int().nullable(),
  error_code: z.string().nullable(),
  undo_of: id.nullable(),
  undone_by: id.nullable(),
};

export const changeRow = z.object(rowFields).meta({ id: "Change" });

const difference = z.object({ field: z.string(), before: anyJson, after: anyJson }).meta({ id: "ChangedField" });

export const changeDetail = z.object({
  ...rowFields,
  path_params: z.record(z.string(), anyJson),
  query_params: z.record(z.string(), anyJson),
  before_state: z.enum(BEFORE_STATES),
  note: text("Why something of it is not kept, or could not be read"),
  hidden: z.boolean().meta({ description: "For members: the objects are for admins" }),
  before: anyJson,
  sent: anyJson,
  after: anyJson,
  diff: z.array(difference),
  current: z.object({
    object: anyJson.meta({ description: "Null: it is gone, or Clockify shows it nowhere" }),
    changed_since: z.array(difference),
  }).nullable().meta({ description: "With current=true" }),
}).meta({ id: "ChangeDetail" });

export const undoPlan = z.object({
  change: changeRow,
  kind: undoKind,
  outcome: z.enum(["ready", "nothing", "conflict", "impossible"]),
  reason: z.string().nullable(),
  fields: z.array(z.object({
    field: z.string(),
    now: anyJson,
    before: anyJson,
    ours: z.boolean(),
    outcome: z.enum(["restored", "conflict", "kept", "same"]),
  })),
  loses: z.array(z.string()).meta({ description: "What does not come back" }),
  calls: z.array(z.object({ operation: z.string(), body: anyJson, main: z.boolean() })),
}).meta({ id: "UndoPlan" });

export const undone = z.object({
  outcome: z.enum(["undone", "nothing"]),
  undo_id: id.nullable().meta({ description: "The change that it is" }),
  entity_id: text("The new id of an object that was made once more"),
  incomplete: z.array(z.string()).meta({ description: "What did not come back, call by call" }),
  reason: z.string().nullable(),
}).meta({ id: "Undone" });

export const candidates = z.object({
  change: changeRow,
  candidates: z.array(z.object({
    id: z.string(),
    name: z.string().nullable(),
    same: z.array(z.string()).meta({ description: "Names of what was sent that the object has so" }),
    differs: z.array(z.string()).meta({ description: "Those that it has otherwise: it may have been changed since" }),
    object: z.record(z.string(), anyJson),
  })).meta({ description: "The most alike first, 20 at most" }),
  whole: z.boolean().meta({ description: "The whole list was read; else the object may stand further on" }),
  reason: text("Why it could not be looked for"),
}).meta({ id: "LostCandidates" });

export const bulkPlan = z.object({
  changes: z.int(),
  undoable: z.int(),
  undone: z.int(),
  not_undoable: z.int(),
  by_operation: z.array(z.object({ operation_id: z.string(), entity_type: z.string(), changes: z.int() })),
});

const outcome = z.enum(UNDO_OUTCOMES);

export const undoJob = z.object({
  id,
  at: instant,
  finished_at: instant.nullable(),
  state: z.enum(["running", "stopping", "stopped", "finished"]),
  person: z.string(),
  run_id: z.string().nullable(),
  flow_id: id.nullable(),
  from: instant.nullable(),
  to: instant.nullable(),
  all: z.boolean(),
  total: z.int(),
  left: z.int(),
  outcomes: z.partialRecord(outcome, z.int()),
  problems: z.array(z.object({ change_id: id, outcome, reason: z.string().nullable() })),
}).meta({ id: "UndoJob" });

export const ROW_EXAMPLE = {
  id: "4711",
  at: "2026-11-21T08:00:00.000Z",
  finished_at: "2026-11-21T08:00:00.210Z",
  state: "done",
  operation_id: "updateTag",
  method: "PUT",
  entity_type: "tag",
  entity_id: "64c777ddd3fcab07cfbb210c",
  noun: "tag",
  name: "overtime",
  origin: "flow",
  person: null,
  via: null,
  run_id: "0192f3a1-7f3c-7d22-8f1e-3c6a5b4d2e10",
  flow_id: "3",
  flow_name: "Name tags",
  flow_version: 2,
  step_path: "root/rename",
  as_user: null,
  fields: ["name"],
  undo_kind: "restore",
  undoable: true,
  not_undoable: null,
  lost: false,
  http_status: 200,
  error_code: null,
  undo_of: null,
  undone_by: null,
} as const;
