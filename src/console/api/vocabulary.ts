/** What flows may be made of: events and their fields, operations, functions and operators, in words for authors. */

import type { ValueType } from "../../engine/value_type.ts";
import type { Api } from "./client.ts";

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
  /** Where it takes few. */
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
  bodyKind: "none" | "object" | "array" | "multipart";
  bodyFields: ParamWords[];
  /** Entity type by the name of the parameter that holds an id of one. */
  entityParams: Record<string, string>;
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
  functions: { name: string; signature: string; description: string }[];
  operators: OperatorWords[];
  /** The usual one first. */
  operatorsByType: Partial<Record<ValueType, TypedOperator[]>>;
  genericHttp: boolean;
}

interface ParamWire {
  name: string;
  type: string;
  required?: boolean;
  enum?: string[];
}

interface VocabularyWire {
  events: {
    type: string;
    family: string;
    title: string;
    fields: { path: string; type: string; value_type: ValueType | null; values?: string[] }[];
  }[];
  custom_sources: { name: string; event_type: string }[];
  operations: {
    operation_id: string;
    key: string;
    name: string;
    method: string;
    path: string;
    tag: string;
    summary: string;
    access: "read" | "write";
    path_params: string[];
    query_params: ParamWire[];
    body_kind: OperationWords["bodyKind"];
    body_fields: ParamWire[];
    entity_params: Record<string, string>;
  }[];
  functions: Vocabulary["functions"];
  operators: OperatorWords[];
  operators_by_type: Vocabulary["operatorsByType"];
  generic_http: boolean;
}

export async function getVocabulary(api: Api, signal?: AbortSignal): Promise<Vocabulary> {
  const wire = await api.get<VocabularyWire>("/flows/vocabulary", undefined, signal);
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
    })),
    functions: wire.functions,
    operators: wire.operators,
    operatorsByType: wire.operators_by_type,
    genericHttp: wire.generic_http,
  };
}

function toParam({ name, type, required, enum: values }: ParamWire): ParamWords {
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
  return custom.length === 0 ? known : [...known, { family: "Other systems", types: custom }];
}
