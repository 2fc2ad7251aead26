/**
 * JSON Schema (2020-12) of inputs: checked when it is saved, so that holding a value against it is bounded work whatever both are.
 * The validator is the package's; ours are the bounds.
 */

import { Validator } from "@cfworker/json-schema";
import { AppError } from "../base/errors.ts";
import { at, type Fault, isObject } from "../engine/faults.ts";

type Schema = Record<string, unknown>;

/** Of a schema with its references put in their place. */
const MAX_NODES = 500;
const MAX_DEPTH = 32;
/** Parts of the schema times parts of the value. */
const MAX_WORK = 2_000_000;
const MAX_FAULTS = 50;
/** It compares each item with each. */
const MAX_UNIQUE = 1_000;
/** What a part of the value costs each uniqueItems, in parts of the schema: 50,000 parts are held against one in 0.5 s at most. */
const UNIQUE_COST = 40;

const ANNOTATIONS = ["$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated"];
const OF_VALUES = ["enum", "const"];
const SCHEMAS = ["items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"];
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const MAPS = ["properties", "dependentSchemas"];
const PLAIN = [
  "type",
  "format",
  "required",
  "dependentRequired",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
];

/** The schema without references, or what is wrong with it. `path` is where it stands. */
export function readSchema(
  schema: unknown,
  path: string,
): { schema: Schema; faults?: undefined } | { faults: Fault[] } {
  const faults: Fault[] = [];
  let nodes = 0;
  const fault = (at: string, message: string) => {
    if (faults.length < MAX_FAULTS) faults.push({ path: at, message });
    return {};
  };

  function read(given: unknown, place: string, above: readonly string[]): unknown {
    if (typeof given === "boolean") return given;
    if (!isObject(given)) return fault(place, "must be a schema: an object, true or false");
    if (above.length > MAX_DEPTH) return fault(place, `is nested more than ${MAX_DEPTH} deep`);
    if (++nodes > MAX_NODES) {
      return nodes === MAX_NODES + 1
        ? fault(place, `the schema has more than ${MAX_NODES} parts, references counted where they stand`)
        : {};
    }
    if (typeof given.$ref === "string") return readReference(given.$ref, place, above);
    const made: Schema = {};
    for (const [name, value] of Object.entries(given)) {
      const here = at(place, name);
      const below = [...above, ""];
      if (ANNOTATIONS.includes(name) || name === "$defs" || name === "definitions") continue;
      if (OF_VALUES.includes(name) || PLAIN.includes(name)) made[name] = value;
      else if (SCHEMAS.includes(name)) made[name] = read(value, here, below);
      else if (LISTS.includes(name)) {
        made[name] = Array.isArray(value)
          ? value.map((one, index) => read(one, at(here, index), below))
          : fault(here, "must be a list of schemas");
      } else if (MAPS.includes(name)) {
        made[name] = isObject(value)
          ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, read(one, at(here, key), below)]))
          : fault(here, "must be an object of schemas");
      } else if (name === "pattern" || name === "patternProperties") {
        fault(here, "is not supported: a pattern could hold up the program. Use enum, format, minLength and maxLength");
      } else fault(here, "is not supported");
    }
    if (made.uniqueItems === true && !(typeof made.maxItems === "number" && made.maxItems <= MAX_UNIQUE)) {
      fault(at(place, "uniqueItems"), `needs maxItems of at most ${MAX_UNIQUE} beside it`);
    } else if (made.uniqueItems === true) {
      // The validator looks at all items whatever maxItems says: a longer list is not compared, it is refused already.
      delete made.uniqueItems;
      const short = { if: { maxItems: made.maxItems }, then: { uniqueItems: true } };
      made.allOf = [...(Array.isArray(made.allOf) ? made.allOf : []), short];
    }
    return made;
  }

  function readReference(reference: string, place: string, above: readonly string[]): unknown {
    if (above.includes(reference)) return fault(place, `refers to itself by ${reference}: that is not supported`);
    if (!reference.startsWith("#/")) {
      return fault(place, "refers to another document: only references within are supported");
    }
    let found: unknown = schema;
    for (const part of reference.slice(2).split("/")) {
      const name = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
      found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
    }
    return found === undefined
      ? fault(place, `names nothing: ${reference}`)
      : read(found, place, [...above, reference]);
  }

  const made = read(schema, path, []);
  if (faults.length === 0) {
    try {
      // What the words of the schema hold themselves, as a minimum that is no number, comes out with any value.
      new Validator(made as Schema, "2020-12", true).validate(null);
    } catch (error) {
      fault(path, `cannot be read: ${(error as Error).message}`);
    }
  }
  return faults.length > 0
    ? { faults }
    : { schema: (typeof made === "boolean" ? { not: made ? false : {} } : made) as Schema };
}

const validators = new WeakMap<Schema, Validator>();

/** Where the value does not fit a schema that readSchema() gave; none where it does. Throws RUN_LIMIT_REACHED. */
export function schemaFaults(schema: Schema, value: unknown): Fault[] {
  const work = (countNodes(schema) + UNIQUE_COST * countUnique(schema)) * countNodes(value);
  if (work > MAX_WORK) {
    throw new AppError("RUN_LIMIT_REACHED", "Cannot hold the value against its schema: both together are too large");
  }
  let validator = validators.get(schema);
  if (!validator) validators.set(schema, validator = new Validator(schema as never, "2020-12", false));
  const { valid, errors } = validator.validate(value);
  if (valid) return [];
  const known = new Map<string, Fault>();
  // The innermost ones say what is wrong, those around them only that something is.
  const deepest = errors.filter(({ instanceLocation }) =>
    !errors.some((other) => other.instanceLocation.startsWith(`${instanceLocation}/`))
  );
  for (const { instanceLocation, error } of deepest) {
    const path = instanceLocation.split("/").slice(1).reduce(
      (place, part) => at(place, /^\d+$/.test(part) ? Number(part) : part),
      "",
    );
    if (!known.has(path)) known.set(path, { path, message: error });
  }
  return [...known.values()].slice(0, MAX_FAULTS);
}

/** A part of a reference; one that no URI can have is itself, and names nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function countUnique(schema: unknown): number {
  if (typeof schema !== "object" || schema === null) return 0;
  const below = Object.values(schema).reduce((sum: number, one) => sum + countUnique(one), 0);
  return below + ("uniqueItems" in schema ? 1 : 0);
}

/** Parts of a JSON value. */
function countNodes(value: unknown): number {
  let count = 0;
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (++count > MAX_WORK) return count;
    if (typeof one === "object" && one !== null) left.push(...Object.values(one));
  }
  return count;
}
