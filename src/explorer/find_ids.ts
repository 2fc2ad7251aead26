/** Ids by name: a parameter that holds the id of an entity may name it instead, as `{"$name": "Sprint 1"}` or `name:Sprint 1`. */

import { entityParams } from "../clockify/entity_params.ts";
import type { Fault } from "../clockify/operation_input.ts";
import type { Operation } from "../clockify/operations.ts";
import { cut, isObject } from "../engine/faults.ts";
import type { NameSearch } from "./ports.ts";

type Fields = Record<string, unknown>;

export interface Places {
  pathParams: Fields;
  queryParams: Fields;
  body: unknown;
}

export interface Found extends Places {
  faults: Fault[];
  /** What each name was taken for, by place. */
  names: Record<string, { id: string; name: string }>;
}

export interface Searcher extends NameSearch {
  installation: { id: number; addon: string };
  /** Members do not find people by their mail addresses. */
  withAddresses: boolean;
}

const PREFIX = "name:";
const MAX_NAME = 100;
/** Of one call: each may cost a search of the cache, and where it has none a call to Clockify. */
const MAX_NAMES = 50;
const MAX_CANDIDATES = 10;

/** The same with ids in place of names. A name that is unknown or ambiguous is a fault, with the candidates in its sentence. */
export async function findIds(operation: Operation, places: Places, searcher: Searcher): Promise<Found> {
  const types = entityParams(operation);
  const faults: Fault[] = [];
  const names: [string, { id: string; name: string }][] = [];
  let asked = 0;

  const one = async (value: unknown, type: string, path: string): Promise<unknown> => {
    const name = nameIn(value);
    if (name === undefined) return value;
    const fault = (message: string) => {
      faults.push({ path, message });
      return value;
    };
    if (typeof name !== "string" || name.trim() === "" || name.length > MAX_NAME || !name.isWellFormed()) {
      return fault(`must name the ${wordsOf(type)} in 1 to ${MAX_NAME} characters`);
    }
    // deno-lint-ignore no-control-regex -- they are what is refused
    if (/[\u0000-\u001f]/.test(name)) return fault("must be a name of printable characters");
    if (!searcher.types.has(type)) return fault(`takes an id: a ${wordsOf(type)} has no name to be found by`);
    if (++asked > MAX_NAMES) return fault(`is one name too many: a call may have ${MAX_NAMES}`);
    const q = name.trim();
    const { installation, withAddresses } = searcher;
    const found = await searcher.search(installation, { q, type, limit: 50, withAddresses });
    const same = (exact: boolean) => found.filter((each) => exact ? each.name === q : isSame(each.name, q));
    const exact = same(true);
    const equal = exact.length > 0 ? exact : same(false);
    const usable = equal.filter(({ archived }) => !archived);
    const matches = usable.length > 0 ? usable : equal;
    if (matches.length === 1) {
      const { id, name: known } = matches[0]!;
      names.push([path, { id, name: known }]);
      return id;
    }
    if (matches.length > 1) {
      const ids = matches.slice(0, MAX_CANDIDATES).map(({ id }) => id).join(", ");
      return fault(
        `is ambiguous: ${matches.length} of the type ${wordsOf(type)} are named "${cut(q)}", with the ids ${ids}`,
      );
    }
    const near = found.slice(0, 5).map((each) => `"${cut(each.name)}"`).join(", ");
    return fault(`is unknown: no ${wordsOf(type)} is named "${cut(q)}"${near === "" ? "" : `; there are ${near}`}`);
  };

  const all = async (value: unknown, type: string, path: string): Promise<unknown> => {
    if (Array.isArray(value)) {
      const made: unknown[] = [];
      for (const [index, item] of value.entries()) made.push(await one(item, type, `${path}[${index}]`));
      return made;
    }
    // What joins or leaves a list of a full replace.
    if (isObject(value) && (Object.hasOwn(value, "$add") || Object.hasOwn(value, "$remove"))) {
      const made: [string, unknown][] = [];
      for (const [key, part] of Object.entries(value)) made.push([key, await all(part, type, `${path}["${key}"]`)]);
      return Object.fromEntries(made);
    }
    return await one(value, type, path);
  };

  const fields = async (values: Fields, path: string): Promise<Fields> => {
    const made: [string, unknown][] = [];
    for (const [name, value] of Object.entries(values)) {
      const type = Object.hasOwn(types, name) ? types[name] : undefined;
      made.push([name, type === undefined ? value : await all(value, type, `${path}.${name}`)]);
    }
    return Object.fromEntries(made);
  };

  const pathParams = await fields(places.pathParams, "path_params");
  const queryParams = await fields(places.queryParams, "query_params");
  let { body } = places;
  if (isObject(body)) body = await fields(body, "body");
  else if (Array.isArray(body)) {
    const items: unknown[] = [];
    for (const [index, item] of body.entries()) {
      items.push(isObject(item) ? await fields(item, `body[${index}]`) : item);
    }
    body = items;
  }
  return { pathParams, queryParams, body, faults, names: Object.fromEntries(names) };
}

/** What stands for a name; undefined for anything else. Not text where it is written wrongly. */
function nameIn(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith(PREFIX) ? value.slice(PREFIX.length) : undefined;
  return isObject(value) && Object.hasOwn(value, "$name") ? value.$name ?? null : undefined;
}

function isSame(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.toLowerCase();
}

function wordsOf(type: string): string {
  return type.replaceAll("_", " ");
}
