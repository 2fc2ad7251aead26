/** What flows are made of: events and their fields, operations, functions and operators, with titles for authors. */

import type { ValueType } from "../../../engine/value_type.ts";
import type { ClockifyActionJson } from "./draft/json.ts";
import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import { say, sayLabel } from "../../words/say.ts";

export type { ValueType };

export interface EventWords {
  type: string;
  family: string;
  title: string;
  fields: FieldWords[];
}

export interface FieldWords {
  /** "$.webhook.projectId" */
  path: string;
  /** A JSON type, or objectId, date-time, duration, money, array<objectId>. */
  type: string;
  /** How conditions read what it is compared with; null where that is not known. */
  valueType: ValueType | null;
  /** The allowed values, where there are few. */
  values: string[];
}

export interface ParamWords {
  name: string;
  type: string;
  required: boolean;
  values: string[];
}

export interface OperationWords {
  /** "GET /v1/workspaces/{workspaceId}/tags": unique. */
  key: string;
  /** What a flow stores. */
  name: string;
  operationId: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  access: "read" | "write";
  pathParams: string[];
  queryParams: ParamWords[];
  bodyKind: Wire<"Operation">["body_kind"];
  bodyFields: ParamWords[];
  /** Entity type by the name of the parameter that holds an id of one. */
  entityParams: Record<string, string>;
  answer: Wire<"OperationAnswer">;
  /** For an operation that replaces a whole object: the object is read first, and only fields in the body change. */
  fullReplace: FullReplaceWords | null;
  /** For an operation that replaces an object without reading it first: what is lost, in words. */
  loses: string | null;
}

export interface FullReplaceWords {
  /** "time entry" */
  noun: string;
  /** Fields of the body that must be named once the whole object is replaced. */
  required: string[];
  /** Fields that no read shows: a change of another sets them back. */
  unreadable: string[];
}

/** An intent: something that people want of a flow, with the actions that do it. */
export interface IntentWords {
  id: string;
  title: string;
  /** Other words that people look for it by. */
  words: string[];
  /** Events whose object it changes; null where it is none of the event's. */
  eventTypes: string[] | null;
  actions: IntentAction[];
  asks: Asked[];
  /** False: the author chooses what else the body names. */
  isComplete: boolean;
}

export type IntentAction =
  & Pick<ClockifyActionJson, "id" | "type" | "operation_id">
  & Partial<Pick<ClockifyActionJson, "path_params" | "query_params" | "body">>;

/** A value that only the author knows. */
export interface Asked {
  /** Position among the intent's actions. */
  action: number;
  /** Keys into the action, as in `["body", "tagIds", "$add"]`. */
  path: string[];
  label: string;
  type: "text" | "number" | "boolean" | "duration" | "instant" | "entity";
  /** Of an entity: its type. */
  entity?: string;
  example?: unknown;
}

export interface OperatorWords {
  name: string;
  label: string;
  value: "none" | "one" | "list" | "pattern" | "weekdays";
}

/** An operator as it is called where the type of the field is known. */
export type TypedOperator = Pick<OperatorWords, "name" | "label">;

export interface Vocabulary {
  events: EventWords[];
  customSources: { name: string; eventType: string }[];
  operations: OperationWords[];
  intents: IntentWords[];
  functions: { name: string; signature: string; description: string }[];
  operators: OperatorWords[];
  /** The usual one first. */
  operatorsByType: Partial<Record<ValueType, TypedOperator[]>>;
  genericHttp: boolean;
}

export type VocabularyWire = Wire<"Vocabulary">;

export async function getVocabulary(api: Api, signal?: AbortSignal): Promise<Vocabulary> {
  return toVocabulary(await api.get<Answer<"get_ui_flows_vocabulary">>("/flows/vocabulary", undefined, signal));
}

export function toVocabulary(wire: VocabularyWire): Vocabulary {
  return {
    events: wire.events.map(({ type, family, title, fields }) => ({
      type,
      family,
      title,
      fields: fields.map((field) => ({
        path: field.path,
        type: field.type,
        valueType: field.value_type,
        values: field.values ?? [],
      })),
    })),
    customSources: wire.custom_sources.map(({ name, event_type }) => ({ name, eventType: event_type })),
    operations: wire.operations.map((one) => ({
      key: one.key,
      name: one.name,
      operationId: one.operation_id,
      method: one.method,
      path: one.path,
      tag: one.tag,
      summary: one.summary,
      access: one.access,
      pathParams: one.path_params,
      queryParams: one.query_params.map(toParam),
      bodyKind: one.body_kind,
      bodyFields: one.body_fields.map(toParam),
      entityParams: one.entity_params,
      answer: one.answer,
      fullReplace: one.full_replace,
      loses: one.loses,
    })),
    intents: wire.intents.map(({ event_types, is_complete, ...intent }) => ({
      ...intent,
      eventTypes: event_types,
      isComplete: is_complete,
    })),
    functions: wire.functions,
    operators: wire.operators,
    operatorsByType: wire.operators_by_type,
    genericHttp: wire.generic_http,
  };
}

function toParam({ name, type, required, enum: values }: Wire<"Param">): ParamWords {
  return { name, type, required: required ?? false, values: values ?? [] };
}

/** The operation that a flow's action names: as stored, by its key, or by either without "/v1". */
export function operationNamed(
  { operations }: Pick<Vocabulary, "operations">,
  name: string,
): OperationWords | undefined {
  const plain = (key: string) => key.replace(" /v1/", " /");
  return operations.find((one) => one.name === name) ??
    operations.find((one) => plain(one.key) === plain(name)) ??
    operations.find((one) => one.operationId === name);
}

/** The types that an event of this workspace may have, by family. */
export function eventTypes({ events, customSources }: Vocabulary): { family: string; types: string[] }[] {
  const families = Map.groupBy(events, ({ family }) => family);
  const known = [...families].map(([family, members]) => ({ family, types: members.map(({ type }) => type) }));
  const custom = customSources.map(({ eventType }) => eventType);
  return custom.length === 0 ? known : [...known, { family: say("Other systems"), types: custom }];
}

/** What people call an event type. */
export function titleOf({ events, customSources }: Pick<Vocabulary, "events" | "customSources">, type: string): string {
  const source = customSources.find(({ eventType }) => eventType === type);
  return source
    ? say("Custom source {name}", { name: source.name })
    : sayLabel(events.find((one) => one.type === type)?.title ?? type);
}
