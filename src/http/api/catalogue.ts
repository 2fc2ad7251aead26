/** /ui/api-explorer/catalogue: which catalogue of operations is in use, what it changes of the built-in one, and which flows meet that. */

import type { Hono } from "hono";
import { z } from "zod";
import { type CatalogueDiff, diffCatalogues } from "../../clockify/catalogue_diff.ts";
import type { CatalogueSource } from "../../clockify/catalogue_source.ts";
import { builtinCatalogue, type Catalogue, type Operation, operationKey } from "../../clockify/operations.ts";
import { touchedActions } from "../../flows/analysis/catalogue_use.ts";
import type { FlowStore } from "../../flows/store/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { METHODS } from "./endpoint_schemas.ts";
import { id, workspaceId } from "./schemas.ts";

export interface CatalogueRoutesDeps extends AuthDeps {
  catalogue: Catalogue;
  catalogueSource: CatalogueSource;
  flows: Pick<FlowStore, "list">;
}

/** Rows of each list, so that an answer stays below 500 kB whatever a document holds; the counts say how many there are. */
const MAX_OPERATIONS = 300;
const MAX_CHANGES = 1_000;
const MAX_FLOWS = 200;
/** Actions of one flow. */
const MAX_ACTIONS = 20;

const line = z.object({
  operation_id: z.string(),
  key: z.string(),
  method: z.enum(METHODS),
  path: z.string(),
  summary: z.string(),
}).meta({ id: "CatalogueOperation" });

const change = z.object({
  part: z.enum(["operation_id", "flag", "path_param", "query_param", "body_field"]),
  name: z.string().meta({
    description: "A field's place by dots, [] for items",
    example: "timeOffPeriod.period.start",
  }),
  change: z.enum(["added", "removed", "changed"]),
  before: z.string().nullable(),
  after: z.string().nullable(),
  values: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }).optional()
    .meta({ description: "Of a closed list of values: those that came and went" }),
  breaking: z.boolean().meta({ description: "A call that was right before may be refused, or answered otherwise" }),
}).meta({ id: "CatalogueChange" });

const getCatalogue = defineRoute({
  method: "get",
  path: "/ui/api-explorer/catalogue",
  tag: "Explorer",
  summary: "Which catalogue of operations is in use, and what it changes",
  about: "`diff` compares it with the built-in one. `flows` are those of the workspace that call what changed or went.",
  who: "member",
  answer: {
    status: 200,
    about: "The catalogue, its differences, and the flows that meet them",
    schema: z.object({
      workspace_id: workspaceId,
      source: z.object({
        kind: z.enum(["built_in", "file"]),
        file: z.string().nullable().meta({ description: "Name of the file of CLOCKIFY_OPENAPI_FILE" }),
        title: z.string().nullable(),
        version: z.string().nullable(),
        sha256: z.string().nullable(),
      }).meta({ id: "CatalogueSource" }),
      total_operations: z.int(),
      built_in_operations: z.int(),
      counts: z.object({
        added: z.int(),
        removed: z.int(),
        changed: z.int(),
        changes: z.int(),
        breaking: z.int().meta({ description: "Changes that may break a call, and operations that went" }),
        flows: z.int(),
      }),
      truncated: z.boolean().meta({ description: "There is more than the lists show" }),
      diff: z.object({
        added: z.array(line),
        removed: z.array(line),
        changed: z.array(
          line.extend({ breaking: z.boolean(), changes: z.array(change) })
            .meta({ id: "ChangedOperation" }),
        ),
      }),
      flows: z.array(z.object({
        id,
        name: z.string(),
        enabled: z.boolean(),
        breaking: z.boolean(),
        actions: z.array(z.object({
          action: z.int().meta({ description: "Position among the steps, of it or of the one that holds it" }),
          path: z.string().optional()
            .meta({ description: "Its place, where it stands below another step", example: "actions[1].actions[0]" }),
          action_id: z.string(),
          operation: z.string().meta({ description: "As the flow names it" }),
          key: z.string().nullable(),
          effect: z.enum(["removed", "ambiguous", "changed"]),
          breaking: z.boolean(),
        })),
      })),
    }).meta({ id: "CatalogueInUse" }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      source: { kind: "built_in", file: null, title: null, version: null, sha256: null },
      total_operations: 184,
      built_in_operations: 184,
      counts: { added: 0, removed: 0, changed: 0, changes: 0, breaking: 0, flows: 0 },
      truncated: false,
      diff: { added: [], removed: [], changed: [] },
      flows: [],
    },
  },
});
export const catalogueRoutes = [getCatalogue];

export function mountCatalogue(app: Hono<AppEnv>, deps: CatalogueRoutesDeps) {
  const { catalogue, catalogueSource: source } = deps;
  // Both are those of the process.
  let diff: CatalogueDiff | undefined;

  mount(app, deps, getCatalogue, async ({ login: { installation } }) => {
    diff ??= diffCatalogues(builtinCatalogue(), catalogue);
    const isSame = diff.added.length + diff.removed.length + diff.changed.length === 0;
    const flows = isSame ? [] : await deps.flows.list(installation.id);
    const touched = flows.flatMap(({ id, name, enabled, definition }) => {
      const actions = touchedActions(definition, { catalogue, diff: diff! });
      if (actions.length === 0) return [];
      return [{ id: String(id), name, enabled, breaking: actions.some(({ breaking }) => breaking), actions }];
    });
    const { added, removed, changed } = diff;
    const changes = changed.flatMap((one) => one.changes);
    const shown = shownChanges(diff);
    return {
      workspace_id: installation.workspaceId,
      source,
      total_operations: catalogue.list().length,
      built_in_operations: builtinCatalogue().list().length,
      counts: {
        added: added.length,
        removed: removed.length,
        changed: changed.length,
        changes: changes.length,
        breaking: changes.filter(({ breaking }) => breaking).length + removed.length,
        flows: touched.length,
      },
      truncated: shown.length < changed.length || [added, removed].some((list) => list.length > MAX_OPERATIONS) ||
        touched.length > MAX_FLOWS || touched.some(({ actions }) => actions.length > MAX_ACTIONS),
      diff: {
        added: added.slice(0, MAX_OPERATIONS).map(lineJson),
        removed: removed.slice(0, MAX_OPERATIONS).map(lineJson),
        changed: shown,
      },
      flows: touched.slice(0, MAX_FLOWS).map(({ actions, ...flow }) => ({
        ...flow,
        actions: actions.slice(0, MAX_ACTIONS).map(({ actionId, path, ...action }) => ({
          ...action,
          ...(path !== `actions[${action.action}]` && { path }),
          action_id: actionId,
        })),
      })),
    };
  });
}

/** The changed operations, as many as there is room for their changes. */
function shownChanges({ changed }: CatalogueDiff) {
  let left = MAX_CHANGES;
  const shown = [];
  for (const { operation, changes } of changed) {
    left -= changes.length;
    if (left < 0 || shown.length === MAX_OPERATIONS) break;
    shown.push({ ...lineJson(operation), breaking: changes.some(({ breaking }) => breaking), changes });
  }
  return shown;
}

function lineJson(operation: Operation) {
  const { operationId, method, path, summary } = operation;
  return { operation_id: operationId, key: operationKey(operation), method, path, summary };
}
