/** The lists of Clockify that a workspace is read from: chosen from the catalogue, with the shape of each answer. */

import { isHeavy } from "../../clockify/operation_facts.ts";
import { type Catalogue, type Operation, operationKey, shapeOf } from "../../clockify/operations.ts";

/** A GET that answers with entities of one type. */
export interface ReadList {
  operation: Operation;
  /** One list each, e.g. "client". */
  entityType: string;
  /**
   * last_page: by page, until the header Last-Page says true. whole_list: everything at once, paging or not, as Clockify
   * does for some lists (docs/clockify-protocol.md "Lists"). one: a single object.
   */
  paging: "last_page" | "whole_list" | "one";
  /** Members of the answer that lead to the list; empty when the answer is the list. */
  member: readonly string[];
  /** Fields of an item that lead to its id. */
  id: readonly string[];
  /** An item stands below several parents, and is another thing below each: the parent's id stands before its own. */
  idWithParent: boolean;
  /** The list is read once per entity of this type, which it names in this path parameter. */
  parent?: { entityType: string; param: string };
  /** Fixed query parameters. */
  query: Readonly<Record<string, string>>;
  /** Read only where the workspace asks for heavy endpoints. */
  heavy: boolean;
  /** Read only where the workspace asks for time entries. */
  timeEntries: boolean;
  /** Takes `start` and `end`: how far back it reaches is bounded by a number of days. */
  windowed: boolean;
  /** Entities leave the list without being deleted. */
  volatile: boolean;
}

interface Shape {
  entityType: string;
  member?: readonly string[];
  id?: readonly string[];
  idWithParent?: boolean;
  parent?: string;
  query?: Readonly<Record<string, string>>;
  windowed?: boolean;
  one?: boolean;
  /** For those that are not by isHeavy(), or not by their envelope: see toList(). */
  heavy?: boolean;
}

/**
 * What the catalogue does not say of an answer, by method and path. A list below one more entity, one inside an envelope
 * and a single object are read only when they are named here; other lists are chosen by isReady().
 */
const SHAPES: Readonly<Record<string, Shape>> = {
  "GET /v1/user": { entityType: "current_user", one: true },
  "GET /v1/workspaces/{}": { entityType: "workspace", one: true },
  // Its items are totals around the request itself.
  "GET /v1/workspaces/{}/approval-requests": { entityType: "approval_request", id: ["approvalRequest", "id"] },
  "GET /v1/workspaces/{}/clients": { entityType: "client" },
  "GET /v1/workspaces/{}/custom-fields": { entityType: "custom_field" },
  "GET /v1/workspaces/{}/expenses": { entityType: "expense", member: ["expenses", "expenses"] },
  "GET /v1/workspaces/{}/expenses/categories": { entityType: "expense_category", member: ["categories"] },
  "GET /v1/workspaces/{}/holidays": { entityType: "holiday" },
  "GET /v1/workspaces/{}/invoices": { entityType: "invoice", member: ["invoices"] },
  "GET /v1/workspaces/{}/invoices/{}/payments": { entityType: "invoice_payment", parent: "invoice" },
  "GET /v1/workspaces/{}/projects": { entityType: "project" },
  // The fields of the workspace, with what the project makes of each.
  "GET /v1/workspaces/{}/projects/{}/custom-fields": {
    entityType: "project_custom_field",
    parent: "project",
    idWithParent: true,
    heavy: true,
  },
  "GET /v1/workspaces/{}/projects/{}/tasks": { entityType: "task", parent: "project" },
  "GET /v1/workspaces/{}/scheduling/assignments/all": { entityType: "assignment", windowed: true, heavy: true },
  "GET /v1/workspaces/{}/shared-reports": { entityType: "shared_report", member: ["reports"] },
  "GET /v1/workspaces/{}/tags": { entityType: "tag" },
  // A type of its own: the same entries may stand in the users' lists.
  "GET /v1/workspaces/{}/time-entries/status/in-progress": { entityType: "running_time_entry" },
  "GET /v1/workspaces/{}/time-off/balance/policy/{}": {
    entityType: "balance",
    member: ["balances"],
    parent: "time_off_policy",
    heavy: false,
  },
  "GET /v1/workspaces/{}/time-off/policies": { entityType: "time_off_policy" },
  "GET /v1/workspaces/{}/user-groups": { entityType: "user_group" },
  "GET /v1/workspaces/{}/user/{}/time-entries": { entityType: "time_entry", parent: "user", windowed: true },
  // Whether someone is active in the workspace stands in the membership only.
  "GET /v1/workspaces/{}/users": { entityType: "user", query: { "include-roles": "false", memberships: "WORKSPACE" } },
  "GET /v1/workspaces/{}/users/{}/managers": {
    entityType: "user_manager",
    parent: "user",
    idWithParent: true,
    heavy: true,
  },
};

/** What a workspace may and wants to read. */
export interface ListChoice {
  /** Scopes of the add-on. */
  scopes: readonly string[];
  heavy: boolean;
  timeEntries: boolean;
}

/** Every list of the catalogue that can be read without further parameters, in the catalogue's order. */
export function readableLists(catalogue: Catalogue): ReadList[] {
  return catalogue.list().flatMap((operation) => {
    const shape = SHAPES[shapeOf(operationKey(operation))];
    return isReady(operation, shape) ? [toList(operation, shape)] : [];
  });
}

/** The lists to be read. One below a parent needs the parent's own. */
export function chooseLists(lists: readonly ReadList[], { scopes, heavy, timeEntries }: ListChoice): ReadList[] {
  const allowed = lists.filter(({ operation, ...list }) =>
    (operation.scope === "" || scopes.includes(operation.scope)) && (heavy || !list.heavy) &&
    (timeEntries || !list.timeEntries)
  );
  const types = new Set(allowed.map(({ entityType }) => entityType));
  return allowed.filter(({ parent }) => parent === undefined || types.has(parent.entityType));
}

/** What bounds a list that is read as far back as the workspace wants. */
const WINDOW = ["start", "end"];

/** No list of ours: not for add-ons, going away, or in need of a query parameter that has no value here. */
function isReady(operation: Operation, shape: Shape | undefined): boolean {
  const { method, deprecated, experimental, addonToken, pathParams, queryParams } = operation;
  if (method !== "GET" || deprecated || experimental || addonToken !== "allowed") return false;
  const given = new Set([...Object.keys(shape?.query ?? {}), ...shape?.windowed ? WINDOW : []]);
  if (queryParams.some((param) => param.required && param.default === undefined && !given.has(param.name))) {
    return false;
  }
  const known = pathParams.length - (shape?.parent === undefined ? 0 : 1);
  if (known > 1 || (known === 1 && pathParams[0] !== "workspaceId")) return false;
  return operation.answer === "array" || shape?.member !== undefined || shape?.one === true;
}

function toList(operation: Operation, shape: Shape | undefined): ReadList {
  const { pathParams, queryParams, paging } = operation;
  const isGiven = (name: string) => shape?.windowed === true && WINDOW.includes(name);
  const defaults = queryParams.filter(({ required, name }) => required && !isGiven(name)).map((
    param,
  ) => [param.name, String(param.default)]);
  return {
    operation,
    entityType: shape?.entityType ?? operation.path.split("/").at(-1)!.replaceAll("-", "_"),
    paging: shape?.one ? "one" : paging.length === 2 ? "last_page" : "whole_list",
    member: shape?.member ?? [],
    id: shape?.id ?? ["id"],
    idWithParent: shape?.idWithParent ?? false,
    parent: shape?.parent === undefined ? undefined : { entityType: shape.parent, param: pathParams[1]! },
    query: { ...Object.fromEntries(defaults), ...shape?.query },
    // What comes in an envelope, or below what does, is much; the balances are some for each policy.
    heavy: shape?.heavy ?? (isHeavy(operation) || shape?.member !== undefined || shape?.parent === "invoice"),
    timeEntries: isTimeEntry(operation),
    windowed: shape?.windowed ?? false,
    volatile: isTimeEntry(operation) || (shape?.windowed ?? false),
  };
}

/** Time entries, running ones too: read only where the workspace asks for them. */
function isTimeEntry({ path, tag }: Operation): boolean {
  return /time-?entries/i.test(path) || /^time entry$/i.test(tag);
}
