/** /ui/changes: what was written to Clockify, newest first, each with its object before and after, and its undo. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Hono } from "hono";
import { z } from "zod";
import { decodeChangeCursor, encodeChangeCursor } from "../../changes/cursor.ts";
import { type ChangeFilter, type ChangeStore, changeUnknown } from "../../changes/store.ts";
import type { Undo, Undone, UndoRequest } from "../../changes/undo.ts";
import { AppError, toAppError } from "../../base/errors.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { UndoOutcome } from "../../changes/undo_jobs.ts";
import type { Decision } from "../../guard/guard.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf, text, wholeNumber } from "../server/query.ts";
import { changeDetail, changeRow, ROW_EXAMPLE, undone, undoPlan } from "./change_schemas.ts";
import { changeJson, changeRowJson, currentJson, planJson } from "./change_view.ts";
import { confirmationProblem } from "./confirmation.ts";
import { defineRoute, mount } from "./contract.ts";
import { explained } from "./explained.ts";
import { BETWEEN, cursorPage, ID_PARAM, limitUpTo100, workspaceId } from "./schemas.ts";

export interface ChangeRoutesDeps extends AuthDeps {
  catalogue: Catalogue;
  changes: ChangeStore;
  undo: Undo;
  onUndone(fact: { installationId: number; outcome: UndoOutcome }): void;
  body: BodyLimits;
}

export const PATH = "/ui/changes";
export const ID = { params: ID_PARAM, patterns: { id: "[0-9]+" } } as const;
const ROUTE_ID = { fallback: undefined, min: 1, max: 999_999_999_999_999 };

/** What a list and its file are asked with. */
export const changeFilters = {
  entity_type: text("Of one type of objects, as the rows name it"),
  entity_id: text("Of one object"),
  operation: text("Of one operation, by its operationId"),
  person: text("Made or undone by this person"),
  run_id: text("Of one run"),
  flow_id: wholeNumber("Of one flow", ROUTE_ID),
  undoable: oneOf("Only those that can be undone, or that cannot", ["true", "false"]),
  ...BETWEEN,
};

type FilterQuery = z.output<z.ZodObject<typeof changeFilters>>;

/** Undefined: no change fits, since a run has another form of id. */
export function changeFilter(query: FilterQuery): ChangeFilter | undefined {
  const { entity_type: entityType, entity_id: entityId, operation, person, run_id: runId, flow_id: flowId } = query;
  if (runId !== undefined && !isRunId(runId)) return undefined;
  const undoable = query.undoable === undefined ? undefined : query.undoable === "true";
  return { entityType, entityId, operation, person, runId, flowId, undoable, from: query.from, to: query.to };
}

export function isRunId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

const listChanges = defineRoute({
  method: "get",
  path: PATH,
  tag: "Changes",
  summary: "What was written to Clockify, newest first",
  who: "member",
  query: z.object({
    limit: limitUpTo100,
    cursor: z.string().optional().meta({ description: "next_cursor of the page before" }),
    ...changeFilters,
  }),
  answer: {
    status: 200,
    about: "A page of changes",
    schema: z.object({ workspace_id: workspaceId, pagination: cursorPage, changes: z.array(changeRow) }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      changes: [ROW_EXAMPLE],
    },
  },
});

const getChange = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Changes",
  summary: "One change, with its object before and after",
  about: "Members get no amounts. With current=true, for admins, the object is read from Clockify, which is a call.",
  who: "member",
  ...ID,
  query: z.object({ current: oneOf("Read the object as it is now", ["true", "false"]) }),
  answer: {
    status: 200,
    about: "The change",
    schema: changeDetail,
    example: {
      ...ROW_EXAMPLE,
      path_params: { id: "64c777ddd3fcab07cfbb210c" },
      query_params: {},
      before_state: "read",
      note: null,
      hidden: false,
      before: { id: "64c777ddd3fcab07cfbb210c", name: "Overtime", archived: false },
      sent: { name: "overtime", archived: false },
      after: { id: "64c777ddd3fcab07cfbb210c", name: "overtime", archived: false },
      diff: [{ field: "name", before: "Overtime", after: "overtime" }],
      current: null,
    },
  },
  problems: ["NOT_FOUND", "ROLE_INSUFFICIENT", "UPSTREAM_RATE_LIMITED", "UPSTREAM_REJECTED", "UPSTREAM_FAILED"],
});

export const UPSTREAM = [
  "UPSTREAM_RATE_LIMITED",
  "UPSTREAM_REJECTED",
  "UPSTREAM_FAILED",
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_UNREACHABLE",
  "UPSTREAM_RESPONSE_INVALID",
  "HOST_NOT_ALLOWED",
] as const;

const previewUndo = defineRoute({
  method: "get",
  path: `${PATH}/{id}/undo`,
  tag: "Changes",
  summary: "What its undo would do now",
  about:
    "Reads the object from Clockify, which is a call. A conflict: others changed since what the change had changed.",
  who: "admin",
  ...ID,
  query: z.object({ all: oneOf("Take also fields that others changed since", ["true", "false"]) }),
  answer: {
    status: 200,
    about: "The plan",
    schema: undoPlan,
    example: {
      change: ROW_EXAMPLE,
      kind: "restore",
      outcome: "ready",
      reason: null,
      fields: [{ field: "name", now: "overtime", before: "Overtime", ours: true, outcome: "restored" }],
      loses: [],
      calls: [{
        operation: "PUT /v1/workspaces/{workspaceId}/tags/{id}",
        body: { name: "Overtime", archived: false },
        main: true,
      }],
    },
  },
  problems: ["NOT_FOUND", ...UPSTREAM],
});

const undoChange = defineRoute({
  method: "post",
  path: `${PATH}/{id}/undo`,
  tag: "Changes",
  summary: "Undo a change",
  about:
    "It is a change itself, and can be undone. Where the workspace has such writes confirmed, 428 brings a confirm_token, " +
    "to be sent with the same request under another Idempotency-Key.",
  who: "admin",
  creates: true,
  ...ID,
  body: {
    schema: z.strictObject({
      all: z.boolean().default(false).meta({ description: "Take also fields that others changed since" }),
      confirm_token: z.string().max(200).optional(),
    }, "must be an object"),
    refusal: "Cannot undo: the request does not say how",
    example: { all: false },
    absent: { all: false },
  },
  answer: {
    status: 200,
    about: "What came of it",
    schema: undone,
    example: {
      outcome: "undone",
      undo_id: "4712",
      entity_id: null,
      incomplete: [],
      reason: null,
    },
  },
  problems: [
    "NOT_FOUND",
    "UNDO_DONE",
    "UNDO_IN_PROGRESS",
    "UNDO_CONFLICT",
    "UNDO_IMPOSSIBLE",
    "CLOCKIFY_WRITE_DENIED",
    "CONFIRMATION_REQUIRED",
    "APPROVAL_REQUIRED",
    "CONFIRM_TOKEN_INVALID",
    "CONFIRM_TOKEN_EXPIRED",
    "CONFIRM_TOKEN_USED",
    ...UPSTREAM,
  ],
});

export const changeRoutes = [listChanges, getChange, previewUndo, undoChange];

export function mountChanges(app: Hono<AppEnv>, deps: ChangeRoutesDeps) {
  const { changes, undo, onUndone } = deps;
  mount(app, deps, listChanges, async ({ login: { installation, role }, query }) => {
    const { limit, cursor } = query;
    const filter = changeFilter(query);
    const after = cursor === undefined ? undefined : decodeChangeCursor(cursor);
    const page = filter ? await changes.list(installation.id, filter, { limit, after }) : { changes: [], next: null };
    return {
      workspace_id: installation.workspaceId,
      pagination: {
        limit,
        has_more: page.next !== null,
        next_cursor: page.next && encodeChangeCursor(page.next),
      },
      changes: page.changes.map((row) => changeRowJson(row, role)),
    };
  });

  mount(app, deps, getChange, async ({ login, params, query }) => {
    const { installation, role } = login;
    const change = await changes.find(installation.id, changeId(params.id));
    if (!change) throw changeUnknown(params.id);
    const shown = changeJson(change, role, installation);
    if (query.current !== "true") return { ...shown, current: null };
    if (role !== "admin") {
      throw new AppError(
        "ROLE_INSUFFICIENT",
        "Cannot read the object as it is now: that is for admins of the workspace",
      );
    }
    const { now } = await explained(() => undo.current(requestOf(login, change.id)), deps);
    return { ...shown, current: currentJson(change, now, installation) };
  });

  mount(app, deps, previewUndo, async ({ login, params, query }) => {
    const asked = { ...requestOf(login, changeId(params.id)), all: query.all === "true" };
    const { change, plan } = await explained(() => undo.preview(asked), deps);
    return planJson(change, plan);
  });

  mount(app, deps, undoChange, async ({ login, params, body }) => {
    const id = changeId(params.id);
    const { installation } = login;
    if (!await changes.find(installation.id, id)) throw changeUnknown(id);
    const { all, confirm_token: confirmToken } = await body();
    const count = (outcome: UndoOutcome) => onUndone({ installationId: installation.id, outcome });
    try {
      const result = await explained(() => undo.undo({ ...requestOf(login, id), all, confirmToken }), deps);
      if (result.outcome === "preview" || result.outcome === "second_person") throw confirmation(result, id);
      count(result.outcome);
      return undoneJson(result);
    } catch (error) {
      const { code } = toAppError(error);
      // Nothing was asked of Clockify yet: the same request comes once more.
      if (code === "CONFIRMATION_REQUIRED" || code === "APPROVAL_REQUIRED") throw error;
      count(
        code === "UNDO_CONFLICT" ? "conflict" : /^(UNDO|CONFIRM|CLOCKIFY_WRITE)_/.test(code) ? "refused" : "failed",
      );
      throw error;
    }
  });
}

/** Of the path, which has digits alone. */
export function changeId(text: string): number {
  if (text.length > 15) throw changeUnknown(text.slice(0, 40));
  return Number(text);
}

function requestOf(login: Login, id: number): UndoRequest {
  const { id: installationId, workspaceId, generation } = login.installation;
  return {
    installation: { id: installationId, workspaceId, generation },
    changeId: id,
    person: personOf(login),
    priority: "interactive",
  };
}

function undoneJson(result: Extract<Undone, { outcome: "undone" | "nothing" }>) {
  if (result.outcome === "nothing") {
    return { outcome: result.outcome, undo_id: null, entity_id: null, incomplete: [], reason: result.reason };
  }
  const { outcome, undoId, entityId, incomplete } = result;
  const undo_id = undoId === null ? null : String(undoId);
  return { outcome, undo_id, entity_id: entityId, incomplete, reason: null };
}

/** What the guard asks for, before anything is sent. */
function confirmation(result: Extract<Undone, { outcome: "preview" | "second_person" }>, id: number): AppError {
  const { outcome: kind, ...rest } = result;
  return confirmationProblem({ kind, ...rest } as Exclude<Decision, { kind: "allow" }>, {
    action: `undo change ${id}`,
  });
}
