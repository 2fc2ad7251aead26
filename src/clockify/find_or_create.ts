/** Operations of ours beside Clockify's: an entity is found by its exact name, and made when there is none. */

import { builtinCatalogue, type Operation } from "./operations.ts";

export interface FindOrCreate {
  /** As a flow names it; `method` and `path` are those of the create, `bodyFields` its fields with the name required. */
  operation: Operation;
  /** Entity type (entities/bootstrap/lists.ts). */
  entity: string;
  noun: string;
  /** operationId of the list that is looked through. */
  find: string;
  /** operationId of the create. */
  create: string;
  /** Field of the body that narrows the search, with the query parameter that does so. */
  within?: { field: string; query: string };
}

interface Row extends Omit<FindOrCreate, "operation"> {
  name: string;
}

const ROWS: readonly Row[] = [
  { name: "findOrCreateTag", entity: "tag", noun: "tag", find: "getTags", create: "createNewTag" },
  { name: "findOrCreateClient", entity: "client", noun: "client", find: "getClients", create: "createClient" },
  {
    name: "findOrCreateProject",
    entity: "project",
    noun: "project",
    find: "getProjects",
    create: "createNewProject",
    // Two clients may each have a project of one name.
    within: { field: "clientId", query: "clients" },
  },
  { name: "findOrCreateTask", entity: "task", noun: "task", find: "getTasks", create: "createTask" },
];

let table: ReadonlyMap<string, FindOrCreate> | undefined;

function rows(): ReadonlyMap<string, FindOrCreate> {
  return table ??= new Map(
    ROWS.map(({ name, ...row }) => [name, { ...row, operation: operationOf(name, row.create) }]),
  );
}

function operationOf(name: string, create: string): Operation {
  const base = builtinCatalogue().find(create)!;
  return {
    ...base,
    operationId: name,
    queryParams: [],
    bodyFields: base.bodyFields.map((field) => field.name === "name" ? { ...field, required: true } : field),
  };
}

/** The operation of ours that `name` names; undefined for any other name. */
export function findOrCreateOf(name: string): FindOrCreate | undefined {
  return rows().get(name);
}

export function findOrCreates(): FindOrCreate[] {
  return [...rows().values()];
}
