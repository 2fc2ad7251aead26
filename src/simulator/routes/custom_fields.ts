/** Custom fields of the workspace and what projects make of them: own default values and visibility. */

import { fieldsOf, type Item, itemOf, projectOf, requireAll, takeItem } from "../items.ts";
import { type ApiCall, ApiRefusal, created, matchesListFilter, objectBody, ok, refuse, type Route } from "../route.ts";
import type { CustomField } from "../workspace_data.ts";

const FIELDS = "/v1/workspaces/{workspaceId}/custom-fields";
const OF_PROJECT = "/v1/workspaces/{workspaceId}/projects/{projectId}/custom-fields";
const READ = "CUSTOM_FIELDS_READ";
const TYPES = ["TXT", "NUMBER", "DROPDOWN_SINGLE", "DROPDOWN_MULTIPLE", "CHECKBOX", "LINK"];
const WRITABLE = {
  allowedValues: [],
  description: "",
  onlyAdminCanEdit: false,
  placeholder: "",
  required: false,
  status: "VISIBLE",
  workspaceDefaultValue: null,
};
/** Visible ones by plan; the number of other plans was not seen. */
const MAX_FIELDS = 50;

interface ProjectDefault {
  projectId: string;
  status: string;
  value: unknown;
}

const found = ({ workspace, params }: ApiCall): CustomField =>
  itemOf(workspace.customFields, params.customFieldId, "Custom field");

const defaultsOf = (field: CustomField) => field.projectDefaultValues as ProjectDefault[];

function written(call: ApiCall) {
  const { name, type } = objectBody(call);
  requireAll({ name, type }, ["name", "type"]);
  if (typeof name !== "string" || name.length < 2 || name.length > 250) throw refuse("Custom field name is not valid");
  if (!TYPES.includes(String(type))) throw new ApiRefusal(400, "Cannot parse type", 3002);
  return { name, type: String(type), ...fieldsOf(call, WRITABLE) };
}

function create(call: ApiCall) {
  const { customFields, id: workspaceId } = call.workspace;
  if (customFields.length >= MAX_FIELDS) {
    throw new ApiRefusal(400, "You have reached the maximum number of custom fields", 4033);
  }
  const { entityType = "TIMEENTRY" } = objectBody(call) as { entityType?: string };
  const fields = { ...written(call), entityType, projectDefaultValues: [], workspaceId } as Omit<CustomField, "id">;
  const made = { id: call.world.newId(), ...fields } as CustomField;
  customFields.push(made);
  return created(made);
}

/** The values of a field go with it. */
function remove(call: ApiCall) {
  const { id } = takeItem(call.workspace.customFields, call.params.customFieldId, "Custom field");
  for (const entry of call.workspace.timeEntries.values()) {
    entry.customFieldValues = entry.customFieldValues.filter(({ customFieldId }) => customFieldId !== id);
  }
  return { status: 204 };
}

function setDefault(call: ApiCall) {
  const { id: projectId } = projectOf(call, call.params.projectId);
  const field = found(call);
  const before = defaultsOf(field).find((one) => one.projectId === projectId);
  const { defaultValue = before?.value ?? null, status = before?.status ?? field.status } = objectBody(call);
  const others = defaultsOf(field).filter((one) => one.projectId !== projectId);
  field.projectDefaultValues = [...others, { projectId, status, value: defaultValue }];
  return ok(field);
}

function removeDefault(call: ApiCall) {
  const { id } = projectOf(call, call.params.projectId);
  const field = found(call);
  field.projectDefaultValues = defaultsOf(field).filter(({ projectId }) => projectId !== id);
  return ok(field);
}

/** By name, status and entity type. */
function listed(call: ApiCall): CustomField[] {
  const [status, entityType] = [call.query.get("status"), call.query.get("entity-type")];
  const named = call.workspace.customFields.filter(matchesListFilter(call.query));
  return named.filter((field: Item | CustomField) =>
    (!status || field.status === status) && (!entityType || field.entityType === entityType)
  );
}

export const customFieldRoutes: Route[] = [
  // Both lists ignore page and page-size and have no Last-Page: the whole list each time.
  { method: "GET", path: FIELDS, scope: READ, handle: (call) => ok(listed(call)) },
  {
    method: "GET",
    path: OF_PROJECT,
    scope: READ,
    handle(call) {
      projectOf(call, call.params.projectId);
      return ok(listed(call));
    },
  },
  { method: "POST", path: FIELDS, closedToAddons: true, handle: create },
  {
    method: "PUT",
    path: `${FIELDS}/{customFieldId}`,
    closedToAddons: true,
    handle: (call) => ok(Object.assign(found(call), written(call))),
  },
  { method: "DELETE", path: `${FIELDS}/{customFieldId}`, closedToAddons: true, handle: remove },
  { method: "PATCH", path: `${OF_PROJECT}/{customFieldId}`, scope: "CUSTOM_FIELDS_WRITE", handle: setDefault },
  { method: "DELETE", path: `${OF_PROJECT}/{customFieldId}`, scope: "CUSTOM_FIELDS_WRITE", handle: removeDefault },
];
