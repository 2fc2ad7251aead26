/**
 * Operations that no family serves by hand: a request is checked as the catalogue has it, an object that was written is read
 * as it was written, and every answer has the fields of its shape. Nothing else is known of them.
 */

import { answerFields } from "../../clockify/answer_fields.ts";
import type { Operation } from "../../clockify/operations.ts";
import { bodyPage, type Item, takeItem } from "../items.ts";
import { type ApiAnswer, type ApiCall, paged, refuse, type Route } from "../route.ts";
import { successStatus } from "../success_status.ts";
import { addItem, collectionOf, plausibleItem, type ShapeOf } from "./objects.ts";

/** Where a service of the catalogue lives on the simulator; one that is new gets its own name. */
export function baseOf(service: string): string {
  const bases: Record<string, string> = { api: "/api", reports: "/report", pto: "/pto" };
  return bases[service] ?? `/${service}`;
}

/** Ids in the path that stand for objects that the simulator knows. */
const KNOWN: Record<string, [string, (call: ApiCall, id: string) => boolean]> = {
  userId: ["User", ({ workspace }, id) => workspace.users.has(id)],
  projectId: ["Project", ({ workspace }, id) => workspace.projects.has(id)],
  taskId: ["Task", ({ workspace }, id) => workspace.tasks.has(id)],
  tagId: ["Tag", ({ workspace }, id) => workspace.tags.has(id)],
  clientId: ["Client", ({ workspace }, id) => workspace.clients.has(id)],
  timeEntryId: ["Time entry", ({ workspace }, id) => workspace.timeEntries.has(id)],
  userGroupId: ["User group", ({ workspace }, id) => workspace.userGroups.some((one) => one.id === id)],
  customFieldId: ["Custom field", ({ workspace }, id) => workspace.customFields.some((one) => one.id === id)],
  webhookId: ["Webhook", ({ workspace }, id) => workspace.webhooks.has(id)],
};

/** Which object a request is about: one of a collection, or the whole collection. */
interface Place extends ShapeOf {
  /** The id at the end of the path; undefined for the collection, and for an action on one of its objects. */
  id?: string;
}

function placeOf(operation: Operation, call: ApiCall): Place {
  for (const name of operation.pathParams) {
    const [noun, isThere] = KNOWN[name] ?? [];
    if (isThere && !isThere(call, call.params[name]!)) throw refuse(`${noun} doesn't belong to Workspace`);
  }
  const filled = operation.path.replace(/\{(\w+)\}/g, (_, name) => call.params[name] ?? call.workspace.id);
  const last = /\/\{(\w+)\}$/.exec(operation.path)?.[1];
  const fields = answerFields(operation);
  if (last === undefined || last === "workspaceId" || KNOWN[last]) return { collection: filled, fields };
  const cut = filled.lastIndexOf("/");
  return { collection: filled.slice(0, cut), id: filled.slice(cut + 1), fields };
}

const nounOf = ({ tag }: Operation) => tag.replace(/s$/, "");

function found(operation: Operation, call: ApiCall, place: Place): Item {
  const item = collectionOf(call.workspace, place).find(({ id }) => id === place.id);
  if (!item) throw refuse(`${nounOf(operation)} doesn't belong to Workspace`);
  return item;
}

/** With values of their type for fields of the shape that the object lacks: it may have been made by another operation. */
function whole(call: ApiCall, place: Place, item: Item): Item {
  return { ...plausibleItem(call.workspace, place, item.id), ...item };
}

function list(operation: Operation, call: ApiCall, place: Place): ApiAnswer {
  const items = collectionOf(call.workspace, place).map((item) => whole(call, place, item));
  if (operation.paging.some((name) => name.startsWith("body:"))) {
    return { status: 200, body: bodyPage(call.body as Record<string, unknown>, items) };
  }
  return operation.paging.length > 0 ? paged(call, items) : { status: 200, body: items };
}

/** One object of the collection itself: settings, sums, a search inside an object. */
function single(call: ApiCall, place: Place): Item {
  const items = collectionOf(call.workspace, { ...place, collection: `${place.collection}#` });
  return whole(call, place, items[0]!);
}

/** The written fields as they came: a body's list is written item by item. */
function write(operation: Operation, call: ApiCall, place: Place): Item[] {
  const bodies = (Array.isArray(call.body) ? call.body : [call.body]) as Record<string, unknown>[];
  return bodies.map((body) => {
    const known = operation.bodyFields.map(({ name }) => name);
    const written = Object.fromEntries(Object.entries(body).filter(([name]) => known.includes(name)));
    if (place.id === undefined && operation.method === "POST") {
      const made = { ...plausibleItem(call.workspace, place, call.world.newId()), ...written };
      addItem(collectionOf(call.workspace, place), made);
      return made;
    }
    const target = place.id === undefined
      ? collectionOf(call.workspace, { ...place, collection: `${place.collection}#` })[0]!
      : found(operation, call, place);
    if (operation.method !== "PUT") return Object.assign(target, written);
    // What a PUT leaves out is as in a new object.
    for (const name of known) delete target[name];
    return Object.assign(target, plausibleItem(call.workspace, place, target.id), written);
  });
}

function answer(operation: Operation, call: ApiCall): ApiAnswer {
  const place = placeOf(operation, call);
  const status = successStatus(operation);
  const read = (): unknown => {
    if (operation.answer === "array") return list(operation, call, place).body;
    return whole(call, place, place.id === undefined ? single(call, place) : found(operation, call, place));
  };
  if (operation.answer === "binary" || operation.answer === "text") {
    if (place.id !== undefined) found(operation, call, place);
    return { status, headers: { "content-type": "application/octet-stream" }, body: operation.operationId };
  }
  if (operation.access === "read") {
    if (operation.answer === "array" && place.id === undefined) return { ...list(operation, call, place), status };
    return { status, body: operation.answer === "none" ? undefined : read() };
  }
  const items = operation.method === "DELETE"
    ? [place.id === undefined ? single(call, place) : gone(operation, call, place)]
    : write(operation, call, place);
  if (operation.answer === "none") return { status };
  const shown = items.map((item) => whole(call, place, item));
  return { status, body: operation.answer === "array" ? shown : shown[0] };
}

function gone(operation: Operation, call: ApiCall, place: Place): Item {
  return takeItem(collectionOf(call.workspace, place), place.id, nounOf(operation));
}

/** The route of an operation, marked as one that is served by its shape alone. */
export function genericRoute(operation: Operation): Route {
  const isClosed = operation.addonToken === "blocked" || operation.addonToken === "excluded";
  return {
    method: operation.method,
    path: operation.path,
    base: baseOf(operation.service),
    scope: operation.scope,
    ...isClosed && { closedToAddons: true },
    known: "shape",
    handle: (call) => answer(operation, call),
  };
}
