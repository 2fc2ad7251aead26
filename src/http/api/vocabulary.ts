/** GET /ui/flows/vocabulary: what a flow of this workspace may be made of. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Catalogue } from "../../clockify/operations.ts";
import { AppError } from "../../base/errors.ts";
import { type Vocabulary, vocabularyOf } from "../../flows/vocabulary/vocabulary.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import { customEvent } from "../../sources/definition.ts";
import type { SourceStore } from "../../sources/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { stepInput } from "./flow_step_inputs.ts";
import { anyJson, orNull } from "./schemas.ts";

export interface VocabularyRoutesDeps extends AuthDeps {
  catalogue: Catalogue;
  sources: Pick<SourceStore, "list">;
  settings: Pick<SettingsSource, "of">;
}

const PATH = "/ui/flows/vocabulary";

const valueType = z.enum(["text", "id", "number", "money", "boolean", "duration", "instant", "list", "object"])
  .meta({ id: "ValueType" });

const param = z.object({
  name: z.string(),
  type: z.string(),
  required: z.boolean().optional(),
  enum: z.array(z.string()).optional(),
}).meta({ id: "Param" });

const answer = z.object({
  shape: z.enum(["object", "list", "none", "file", "text"]),
  fields: z.array(z.object({ name: z.string(), type: z.string() }))
    .meta({ description: "Of each item, where the answer is a list; empty where they are not known" }),
}).meta({ id: "OperationAnswer" });

const operation = z.object({
  operation_id: z.string(),
  key: z.string().meta({ description: "METHOD /path: unique" }),
  name: z.string().meta({ description: "What a flow stores" }),
  method: z.string(),
  path: z.string(),
  tag: z.string(),
  summary: z.string(),
  access: z.enum(["read", "write"]),
  path_params: z.array(z.string()),
  query_params: z.array(param),
  body_kind: z.enum(["none", "object", "array", "multipart"]),
  body_fields: z.array(param),
  entity_params: z.record(z.string(), z.string())
    .meta({ description: "Entity type by the name of the parameter that holds an id of one" }),
  answer,
  full_replace: z.object({
    entity: z.string(),
    noun: z.string(),
    reads: z.string().nullable(),
    required: z.array(z.string()),
    unreadable: z.array(z.string()).meta({
      description: "Fields that no read shows: a change of another sets them back",
    }),
    lists: z.array(z.string()).meta({ description: 'Lists that take {"$add": ...} and {"$remove": ...} too' }),
  }).nullable().meta({ description: "Of one that replaces a whole object: it is read before, and merged" }),
  loses: z.string().nullable().meta({ description: "What one that replaces without a read before loses" }),
  find_or_create: z.object({ noun: z.string(), reads: z.string() }).optional(),
}).meta({ id: "Operation" });

const stepField = z.object({
  name: z.string().meta({ description: "cases[].if is of each case", example: "max_items" }),
  type: z.enum([
    "text",
    "template",
    "condition",
    "steps",
    "lists",
    "duration",
    "instant",
    "zone",
    "number",
    "flag",
    "choice",
    "values",
    "events",
    "flow",
    "operation",
  ]),
  required: z.literal(true).optional(),
  description: z.string(),
  default: anyJson.optional().meta({ description: "What is filled in" }),
  values: z.array(z.string()).optional(),
}).meta({ id: "StepField" });

const stepWords = {
  title: z.string(),
  description: z.string(),
  words: z.array(z.string()).meta({ description: "What people search by" }),
  fields: z.array(stepField),
  example: stepInput.meta({ description: "One that can be saved" }),
};

const kindWords = z.object({
  kind: z.enum(["action", "branch", "parallel", "loop", "wait", "approval", "try", "end"]),
  ...stepWords,
  limits: z.array(z.object({ limit: z.string(), reason: z.string() })),
}).meta({ id: "StepKind" });

const actionType = z.object({
  type: z.enum(["clockify", "http", "transform", "variables", "emit_event", "run_flow"]),
  ...stepWords,
}).meta({ id: "ActionType" });

const intent = z.object({
  id: z.string(),
  title: z.string(),
  words: z.array(z.string()),
  event_types: z.array(z.string()).nullable().meta({ description: "null: after every event" }),
  actions: z.array(z.object({
    id: z.string(),
    type: z.literal("clockify"),
    operation_id: z.string(),
    path_params: z.record(z.string(), anyJson).optional(),
    query_params: z.record(z.string(), anyJson).optional(),
    body: z.record(z.string(), anyJson).optional(),
  })),
  asks: z.array(z.object({
    action: z.int().meta({ description: "Position among the actions" }),
    path: z.array(z.string()).meta({ description: "Keys into the action" }),
    label: z.string(),
    type: z.enum(["text", "number", "boolean", "duration", "instant", "entity"]),
    entity: z.string().optional(),
    example: anyJson.optional(),
  })),
  is_complete: z.boolean().meta({ description: "false: the author chooses what else the body names" }),
}).meta({ id: "Intent" });

const operatorName = z.object({ name: z.string(), label: z.string() });
const operators = z.array(operatorName);

const vocabulary = z.object({
  events: z.array(z.object({
    type: z.string(),
    family: z.string(),
    title: z.string(),
    description: z.null(),
    fields: z.array(z.object({
      path: z.string().meta({ example: "$.webhook.projectId" }),
      type: z.string(),
      value_type: orNull(valueType),
      example: z.string().optional(),
      values: z.array(z.string()).optional(),
    })),
  })),
  operations: z.array(operation),
  kinds: z.array(kindWords).meta({ description: "Of steps" }),
  action_types: z.array(actionType).meta({ description: "Of steps of the kind action" }),
  intents: z.array(intent),
  functions: z.array(z.object({ name: z.string(), signature: z.string(), description: z.string() })),
  operators: z.array(operatorName.extend({ value: z.enum(["none", "one", "list", "pattern", "weekdays"]) })),
  operators_by_type: z.object({
    text: operators,
    id: operators,
    number: operators,
    money: operators,
    boolean: operators,
    duration: operators,
    instant: operators,
    list: operators,
    object: operators,
  }).meta({ description: "The usual one first" }),
  roots: z.array(z.object({ path: z.string(), description: z.string() })),
  custom_sources: z.array(z.object({ name: z.string(), event_type: z.string() })),
  generic_http: z.boolean().meta({ description: "Actions may call other systems" }),
}).meta({ id: "Vocabulary" });

const getVocabulary = defineRoute({
  method: "get",
  path: PATH,
  tag: "Flows",
  summary: "What a flow may consist of",
  who: "member",
  answer: {
    status: 200,
    about: "Events with their fields, operations, functions, operators, and ready actions",
    schema: vocabulary,
    example: {
      events: [],
      operations: [],
      kinds: [{
        kind: "end",
        title: "End the run",
        description: "With success or failure, and what people read",
        words: ["stop", "exit"],
        fields: [{ name: "message", type: "template", description: "What people read" }],
        limits: [],
        example: { kind: "end", outcome: "success", message: "Nothing to do" },
      }],
      action_types: [],
      intents: [],
      functions: [{ name: "upper", signature: "upper(text)", description: "In upper case" }],
      operators: [{ name: "==", label: "is", value: "one" }],
      operators_by_type: {
        text: [{ name: "==", label: "is" }],
        id: [],
        number: [],
        money: [],
        boolean: [],
        duration: [],
        instant: [],
        list: [],
        object: [],
      },
      roots: [{ path: "$.webhook", description: "The body of the event" }],
      custom_sources: [],
      generic_http: false,
    },
  },
});
export const vocabularyRoutes = [getVocabulary];

export function mountVocabulary(app: Hono<AppEnv>, deps: VocabularyRoutesDeps) {
  const { profile, catalogue, settings } = deps;
  const { customWebhooks, genericHttpActions } = profile.features;
  let vocabulary: Vocabulary | undefined;

  mount(app, deps, getVocabulary, async ({ login: { installation } }) => {
    vocabulary ??= vocabularyOf({ profile, catalogue });
    const sources = customWebhooks ? await deps.sources.list(installation.id) : [];
    return {
      ...vocabulary,
      custom_sources: sources.map(({ definition: { name } }) => ({ name, event_type: customEvent(name) })),
      generic_http: genericHttpActions && (await settings.of(installation)).genericHttpActions,
    };
  });
  // Before the flows, whose /ui/flows/:id would take the other methods.
  app.all(PATH, () => {
    throw new AppError("METHOD_NOT_ALLOWED", "Cannot serve the request: the vocabulary is read by GET", {
      details: { allow: ["GET"] },
    });
  });
}
