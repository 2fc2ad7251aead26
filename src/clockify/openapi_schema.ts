/** Reads the schemas of an OpenAPI 3 document: references, types, and the fields of bodies as deep as a form shows them. */

import { z } from "zod";
import type { OperationParam } from "./operations.ts";

const schemaSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  required: z.array(z.string()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
});
export type Schema = z.infer<typeof schemaSchema>;

/** Where in a document a reading stands, and what it found wrong. */
export interface Reader {
  root: unknown;
  at: string;
  faults: string[];
  /** Read of the operation until now. */
  fields: number;
}

/** Fields of one operation, so that schemas which hold each other many times have an end; reports, the widest, have some 300. */
const MAX_FIELDS = 5_000;
/** Levels of fields within fields. Schemas may hold themselves, so there has to be an end. */
const MAX_LEVELS = 3;
/** Parts of parts (`allOf`) that are followed. */
const MAX_PARTS = 8;

export function readSchema(reader: Reader, value: unknown): Schema {
  return check(schemaSchema, { value: resolve(reader, value) ?? {}, at: reader.at }, reader.faults) ?? {};
}

/** The fields of an object's schema, those of its parts included. */
export function fieldsOf(reader: Reader, schema: Schema, level = 1, part = 0): OperationParam[] {
  const named = Object.entries(schema.properties ?? {});
  reader.fields += named.length;
  if (reader.fields > MAX_FIELDS) {
    const fault = `${reader.at}: holds more than ${MAX_FIELDS} fields`;
    if (!reader.faults.includes(fault)) reader.faults.push(fault);
    return [];
  }
  const own = named.map(([name, value]) =>
    toParam(reader, { name, schema: readSchema(reader, value), required: schema.required?.includes(name), level })
  );
  if (part > MAX_PARTS) return own;
  const parts = (schema.allOf ?? []).flatMap((one) => fieldsOf(reader, readSchema(reader, one), level, part + 1));
  return [...own, ...parts];
}

export interface NamedSchema {
  name: string;
  schema: Schema;
  required?: boolean;
  /** From 1: how deep among the fields of others. */
  level?: number;
}

export function toParam(reader: Reader, { name, schema, required, level = 1 }: NamedSchema): OperationParam {
  const type = typeOf(schema);
  const values = textsOf(schema);
  return {
    name,
    type,
    ...(required ? { required } : {}),
    ...(values.length > 0 ? { enum: values } : {}),
    ...(schema.minimum === undefined ? {} : { minimum: schema.minimum }),
    ...(schema.maximum === undefined ? {} : { maximum: schema.maximum }),
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...insideOf(reader, { schema, type, level }),
  };
}

/** What a list or an object holds, as far as it says so. */
function insideOf(
  reader: Reader,
  { schema, type, level }: { schema: Schema; type: OperationParam["type"]; level: number },
): Pick<OperationParam, "items" | "itemEnum" | "fields"> {
  const isList = type === "array" && schema.items !== undefined;
  if (!isList && type !== "object") return {};
  const held = isList ? readSchema(reader, schema.items) : schema;
  const values = isList ? textsOf(held) : [];
  const fields = level < MAX_LEVELS && typeOf(held) === "object" ? fieldsOf(reader, held, level + 1) : [];
  return {
    ...(isList ? { items: typeOf(held) } : {}),
    ...(values.length > 0 ? { itemEnum: values } : {}),
    ...(fields.length > 0 ? { fields } : {}),
  };
}

export function typeOf(schema: Schema): OperationParam["type"] {
  const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== "null") : schema.type;
  if (type === "string" && schema.format === "date-time") return "date-time";
  if (type === "string" && schema.format === "binary") return "binary";
  if (type === "integer" || type === "number" || type === "boolean" || type === "array" || type === "string") {
    return type;
  }
  return type === undefined && schema.enum ? "string" : "object";
}

function textsOf(schema: Schema): string[] {
  return schema.enum?.filter((value): value is string => typeof value === "string") ?? [];
}

/** Follows `#/...` references; a reference that cannot be resolved, outside or in a circle is a fault. */
export function resolve(reader: Reader, value: unknown): unknown {
  let current = value;
  for (let hops = 0; hops < 16; hops++) {
    const ref = (current as { $ref?: unknown } | null | undefined)?.$ref;
    if (typeof ref !== "string") return current;
    let target: unknown = ref.startsWith("#/") ? reader.root : undefined;
    for (const part of ref.slice(2).split("/")) {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      target = typeof target === "object" && target !== null && Object.hasOwn(target, key)
        ? (target as Record<string, unknown>)[key]
        : undefined;
    }
    if (target === undefined) {
      reader.faults.push(`${reader.at}: reference ${ref} cannot be resolved`);
      return undefined;
    }
    current = target;
  }
  reader.faults.push(`${reader.at}: references are circular`);
  return undefined;
}

/** What the schema reads of the value; undefined, and a fault for each thing that is wrong, where it does not fit. */
export function check<T>(schema: z.ZodType<T>, from: { value: unknown; at: string }, faults: string[]): T | undefined {
  const result = schema.safeParse(from.value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    faults.push(`${[from.at, ...issue.path.map(String)].join(".")}: ${issue.message}`);
  }
  return undefined;
}
