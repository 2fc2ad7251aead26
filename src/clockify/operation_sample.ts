/** Samples of an operation that nothing was read for: what a request and an answer look like. */

import type { AnswerField } from "./answer_fields.ts";
import { fullReplaceOf } from "./full_replace.ts";
import type { Operation, OperationParam } from "./operations.ts";

const ID = "64a687e29ae1f428e7ebe303";
const INSTANT = "2026-11-20T09:00:00Z";

/**
 * The fields that are needed, those of objects within them too; all fields of what replaces a whole object, as what is left
 * out would be gone. Null where the operation takes no body. Files are left out.
 */
export function bodySample(operation: Operation): unknown {
  if (operation.bodyKind === "none") return null;
  const sample = objectSample(sampled(operation).filter(({ type }) => type !== "binary"));
  return operation.bodyKind === "array" ? [sample] : sample;
}

function sampled(operation: Operation): readonly OperationParam[] {
  const { bodyFields } = operation;
  if (fullReplaceOf(operation)) return bodyFields;
  const needed = bodyFields.filter(({ required }) => required);
  if (needed.length > 0) return needed;
  // Where none is marked as needed, the facts about the body are incomplete: one field says more than an empty object.
  const named = bodyFields.find(({ name }) => name === "name");
  return named ? [named] : bodyFields.slice(0, 1);
}

/** Of the shape that the answer has; null where it is empty or a file. */
export function answerSample({ answer }: Pick<Operation, "answer">, fields: readonly AnswerField[]): unknown {
  if (answer === "none" || answer === "binary" || answer === "text") return null;
  const one = objectSample(fields.map(({ name, type }) => ({ name, type: type as OperationParam["type"] })));
  return answer === "array" ? [one] : one;
}

export interface RequestSample {
  /** From `/v1`, with words in capitals where ids go, as in `PROJECT_ID`. */
  path: string;
  /** What is needed, in capitals too. */
  query: Record<string, string>;
  body: unknown;
}

/** The request of the workspace; of a form its files are there, which hold nothing. */
export function requestSample(operation: Operation, workspaceId: string): RequestSample {
  const { path, queryParams, bodyKind, bodyFields } = operation;
  const needed = queryParams.filter(({ required, default: fallback }) => required && fallback === undefined);
  const files = bodyKind === "multipart"
    ? bodyFields.filter(({ type, required }) => type === "binary" && required).map(({ name }) => [name, { base64: "" }])
    : [];
  const body = bodySample(operation);
  return {
    path: path.replaceAll(
      /\{([^{}/]+)\}/g,
      (_, name: string) => name === "workspaceId" ? encodeURIComponent(workspaceId) : inCapitals(name),
    ),
    query: Object.fromEntries(needed.map(({ name }) => [name, inCapitals(name)])),
    body: body === null ? undefined : files.length > 0 ? { ...body, ...Object.fromEntries(files) } : body,
  };
}

function objectSample(fields: readonly OperationParam[]): Record<string, unknown> {
  // By entries: a field may be called __proto__.
  return Object.fromEntries(fields.map((field) => [field.name, valueSample(field)]));
}

function valueSample(
  { name, type, enum: values, itemEnum, items, fields = [], minimum, default: fallback }: OperationParam,
): unknown {
  if (fallback !== undefined && type !== "array") return fallback;
  if (values?.length) return values[0];
  switch (type) {
    case "boolean":
      return false;
    case "integer":
    case "number":
      return minimum ?? 0;
    case "date-time":
      return INSTANT;
    case "array":
      if (itemEnum?.length) return [itemEnum[0]];
      if (items === "object" || fields.length > 0) return fields.length > 0 ? [objectSample(neededOf(fields))] : [];
      return items === "string" ? [textSample(name.replace(/s$/, ""))] : [];
    case "object":
      return objectSample(neededOf(fields));
    default:
      return textSample(name);
  }
}

/** Those marked as needed, or all where none is. */
function neededOf(fields: readonly OperationParam[]): readonly OperationParam[] {
  const needed = fields.filter(({ required }) => required);
  return needed.length > 0 ? needed : fields;
}

/** By what the name says: an id, a time, a duration, an address, or any text. */
function textSample(name: string): string {
  if (/(^id|Ids?|-ids?)$/.test(name)) return ID;
  if (/email/i.test(name)) return "ben@example.com";
  if (/url$/i.test(name)) return "https://example.com";
  if (/(^(start|end|since|from|to)|date|periodStart|(Start|End))$/i.test(name)) return INSTANT;
  if (/estimate|duration|capacity/i.test(name)) return "PT8H";
  return "text";
}

/** `projectId` is PROJECT_ID, `time-entry-ids` TIME_ENTRY_IDS. */
function inCapitals(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll(/[^A-Za-z0-9]+/g, "_").toUpperCase();
}
