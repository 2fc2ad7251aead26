/** POST /ui/flows/import: a file of flows looked at first, then made into flows that are switched off. */

import type { Hono } from "hono";
import { z } from "zod";
import type { EntityNames } from "../../entities/names.ts";
import type { Fault } from "../../engine/faults.ts";
import type { FlowDefinition, FlowStep } from "../../flows/shape/definition.ts";
import { type FiledFlow, type FileMapping, fromFiled, inOrder, needsOf } from "../../flows/store/flow_file.ts";
import { parseFlow, readFlow } from "../../flows/parse/parse_flow.ts";
import { mapActions } from "../../flows/shape/steps.ts";
import type { Flow } from "../../flows/store/store.ts";
import type { SourceStore } from "../../sources/store.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { defineRoute, mount } from "./contract.ts";
import { FILE_EXAMPLE } from "./flow_export.ts";
import { roughFile } from "./flow_file_schemas.ts";
import { admitPublication, confirmToken, GUARD_PROBLEMS, GUARDED } from "./flow_guard.ts";
import { type FlowSavingDeps, invalidFlow, parseDeps } from "./flow_saving.ts";
import { refuseOtherMethods } from "./other_methods.ts";
import { fault, id, orNull } from "./schemas.ts";

export interface FlowImportDeps extends FlowSavingDeps {
  entityNames: Pick<EntityNames, "find" | "named">;
  sources: Pick<SourceStore, "list">;
}

const texts = z.record(z.string(), z.string("must be text")).default({});
const mapping = z.strictObject({
  entities: texts.meta({ description: "Id in this workspace by the id in the file" }),
  sources: texts.meta({ description: "Name of a source here by its name in the file" }),
  flows: texts.meta({ description: "Id of a flow here by the id of one that is not in the file" }),
  secrets: texts.meta({
    description:
      'By the flow\'s id in the file and the place, as in "3 actions[0].headers.Authorization"; "" gives it later',
  }),
}, "must be an object of entities, sources, flows and secrets").default({
  entities: {},
  sources: {},
  flows: {},
  secrets: {},
});

const need = { is_here: z.boolean(), flows: z.array(z.string()).meta({ description: "Of the file, by their ids" }) };
const plan = z.object({
  flows: z.array(z.object({
    id: z.string(),
    name: z.string(),
    faults: z.array(fault).meta({ description: "What keeps it from being made" }),
    warnings: z.array(fault),
    secrets: z.array(z.object({ path: z.string(), given: z.boolean() })),
  })),
  entities: z.array(z.object({
    id: z.string(),
    type: z.string().nullable(),
    name: z.string().nullable(),
    mapped_to: z.string().nullable(),
    proposal: orNull(z.object({ id: z.string(), name: z.string() })).meta({
      description: "The one of the same type and name in this workspace",
    }),
    ...need,
  })),
  sources: z.array(z.object({ name: z.string(), mapped_to: z.string().nullable(), ...need })),
  operations: z.array(z.object({ operation_id: z.string(), ...need })).meta({ description: "That there are not here" }),
  other_flows: z.array(z.object({ id: z.string(), mapped_to: z.string().nullable(), ...need })).meta({
    description: "That flows of the file run, and the file does not hold",
  }),
  ready: z.boolean().meta({ description: "Nothing keeps its flows from being made" }),
}).meta({ id: "FlowImportPlan" });

const importFlows = defineRoute({
  method: "post",
  path: "/ui/flows/import",
  tag: "Flows",
  summary: "A file of flows made into flows that are switched off",
  about:
    "With dry_run, which is the default, it answers the plan alone. Without it all flows of the file are made, or none: a flow " +
    "with faults, a secret that the mapping does not give, or a flow that is run and is neither in the file nor mapped, is " +
    "refused. Entities and sources that are not here are no fault: the flows are off, and the plan names them. " +
    GUARDED,
  who: "admin",
  creates: true,
  body: {
    schema: z.strictObject({
      file: roughFile,
      mapping,
      dry_run: z.boolean("must be true or false").default(true),
      confirm_token: confirmToken,
    }, "must be an object of file, mapping and dry_run"),
    refusal: "Cannot import the flows: the file does not fit",
    example: { file: FILE_EXAMPLE, dry_run: true },
  },
  answer: {
    status: 200,
    about: "The plan, and the flows that were made; null of a dry run",
    schema: z.object({
      plan,
      created: z.array(z.object({ id, name: z.string(), from: z.string().meta({ description: "Its id in the file" }) }))
        .nullable(),
    }).meta({ id: "FlowImport" }),
    example: {
      plan: {
        flows: [{ id: "3", name: FILE_EXAMPLE.flows[0]!.name, faults: [], warnings: [], secrets: [] }],
        entities: [],
        sources: [],
        operations: [],
        other_flows: [],
        ready: true,
      },
      created: null,
    },
  },
  problems: ["FLOW_INVALID", ...GUARD_PROBLEMS],
});
export const flowImportRoutes = [importFlows];

export function mountFlowImport(app: Hono<AppEnv>, deps: FlowImportDeps) {
  mount(app, deps, importFlows, async ({ login, body, once }) => {
    const { file, mapping: given, dry_run: isDry, confirm_token: token } = await body();
    const { installation, name: author } = login;
    const flows = file.flows as unknown as FiledFlow[];
    const mapping: FileMapping = file.workspace_id === undefined
      ? given
      : { ...given, entities: { [file.workspace_id]: installation.workspaceId, ...given.entities } };
    const { plan, definitions } = await planOf({ ...file, flows }, { login, mapping, deps });
    if (isDry) return { plan, created: null };
    const faults = plan.flows.flatMap(({ faults }, index) =>
      faults.map((one) => ({ ...one, path: `file.flows[${index}].${one.path}` }))
    );
    if (faults.length > 0) throw invalidFlow(faults, "Cannot import the flows");
    const admitted = await admitPublication({ login, flow: undefined, definition: asOne(definitions), token }, deps);
    const order = inOrder(flows).order;
    const { id: installationId } = installation;
    const tenant = { installationId, workspaceId: installation.workspaceId };
    return await once(
      (atEnd) =>
        deps.flows.createAll(
          tenant,
          order.map((flow) => (flowId, before) =>
            deps.secrets.seal({ installationId, flowId }, withIds(definitions.get(flow.id)!, order, before))
          ),
          {
            author,
            atEnd: async (sql, made) => {
              await admitted.atEnd()?.(sql, made[0]!);
              await atEnd?.(sql, made);
            },
          },
        ),
      (made) => ({
        plan,
        created: made.map(({ id, name }, index) => ({ id: String(id), name, from: order[index]!.id })),
      }),
    );
  });
  refuseOtherMethods(app, importFlows.path, "POST");
}

interface Planning {
  login: Login;
  mapping: FileMapping;
  deps: FlowImportDeps;
}

async function planOf(
  file: { flows: FiledFlow[]; names: Record<string, { type: string; name: string }>; workspace_id?: string },
  { login: { installation }, mapping, deps }: Planning,
) {
  const needs = new Map(file.flows.map((flow) => [flow.id, needsOf(flow, deps)]));
  const gather = (key: "entities" | "sources" | "operations" | "flows") => {
    const found = new Map<string, string[]>();
    for (const [id, need] of needs) for (const one of need[key]) found.set(one, [...found.get(one) ?? [], id]);
    return [...found].map(([value, flows]) => ({ value, flows }));
  };
  const entities = gather("entities").filter(({ value }) => value !== file.workspace_id);
  const known = (id: string) => Object.hasOwn(file.names, id) ? file.names[id]! : null;
  const [here, named, sources, parse, own] = await Promise.all([
    deps.entityNames.find(installation.id, entities.map(({ value }) => value)),
    deps.entityNames.named(installation.id, entities.flatMap(({ value }) => known(value) ?? [])),
    deps.sources.list(installation.id),
    parseDeps(installation, deps),
    deps.flows.list(installation.id),
  ]);
  const inFile = new Set(file.flows.map(({ id }) => id));
  const ownIds = new Set(own.map(({ id }) => String(id)));
  const others = gather("flows").filter(({ value }) => !inFile.has(value));
  const circle = new Set(inOrder(file.flows).circle);
  const definitions = new Map<string, FlowDefinition>();
  const planned = file.flows.map((flow, index) => {
    const input = fromFiled(flow, mapping);
    const reading = readFlow(input, parse);
    const parsed = parseFlow(input, parse);
    if (parsed.ok) definitions.set(flow.id, parsed.flow);
    const unmapped = needs.get(flow.id)!.flows.filter((id) =>
      !inFile.has(id) && !ownIds.has(mappedTo(mapping.flows, id) ?? "")
    );
    const faults: Fault[] = [
      ...reading.faults,
      ...unmapped.map((id) => ({
        path: "actions",
        message: `runs flow "${id}", which is not in the file: map it to one of here`,
      })),
      ...(circle.has(flow.id) ? [{ path: "actions", message: "runs itself by way of other flows of the file" }] : []),
      ...(file.flows.findIndex(({ id }) => id === flow.id) < index
        ? [{ path: "id", message: "is that of another flow of the file" }]
        : []),
    ];
    return {
      id: flow.id,
      name: flow.name,
      faults,
      warnings: reading.warnings.map(({ path, message }) => ({ path, message })),
      secrets: needs.get(flow.id)!.secrets.map((path) => ({
        path,
        given: Object.hasOwn(mapping.secrets, `${flow.id} ${path}`),
      })),
    };
  });
  return {
    definitions,
    plan: {
      flows: planned,
      entities: entities.map(({ value: id, flows }) => {
        const facts = known(id);
        const proposal = facts ? named.get(`${facts.type} ${facts.name}`) : undefined;
        return {
          id,
          type: facts?.type ?? null,
          name: facts?.name ?? null,
          mapped_to: mappedTo(mapping.entities, id) ?? null,
          proposal: proposal ? { id: proposal.id, name: proposal.name } : null,
          is_here: here.get(id)?.deleted === false,
          flows,
        };
      }),
      sources: gather("sources").map(({ value: name, flows }) => {
        const mapped = mappedTo(mapping.sources, name);
        return {
          name,
          mapped_to: mapped ?? null,
          is_here: sources.some(({ definition }) => definition.name === (mapped ?? name)),
          flows,
        };
      }),
      operations: gather("operations").map(({ value, flows }) => ({ operation_id: value, is_here: false, flows })),
      other_flows: others.map(({ value: id, flows }) => ({
        id,
        mapped_to: mappedTo(mapping.flows, id) ?? null,
        is_here: ownIds.has(mappedTo(mapping.flows, id) ?? ""),
        flows,
      })),
      ready: planned.every(({ faults }) => faults.length === 0),
    },
  };
}

/** A name of the file may be one that every object has, as "constructor". */
function mappedTo(mapping: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(mapping, name) ? mapping[name] : undefined;
}

/** All flows of a file as one for the guard, which is asked once: each is a step that holds its own. */
function asOne(definitions: ReadonlyMap<string, FlowDefinition>): FlowDefinition {
  const flows = [...definitions];
  return {
    ...flows[0]![1],
    name: `${flows.length} ${flows.length === 1 ? "flow" : "flows"} of a file: ${
      flows.map(([, { name }]) => name).join(", ")
    }`.slice(0, 255),
    actions: flows.map(([id, { name, actions }]): FlowStep => ({
      kind: "try",
      id: `flow_${id}`,
      name,
      actions,
      finally: [],
    })),
  };
}

/** The definition with the ids that the flows before it got, where it runs them. */
function withIds(definition: FlowDefinition, order: readonly FiledFlow[], before: readonly Flow[]): FlowDefinition {
  const ids = new Map(before.map(({ id }, index) => [order[index]!.id, id]));
  const renamed = (steps: FlowStep[]): FlowStep[] =>
    mapActions(steps, (step) => {
      const made = "type" in step && step.type === "run_flow" ? ids.get(String(step.flow_id)) : undefined;
      return made === undefined ? step : { ...step, flow_id: made } as FlowStep;
    });
  return { ...definition, actions: renamed(definition.actions) };
}
