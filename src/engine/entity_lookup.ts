/**
 * Look-ups of expressions: an entity of the workspace by its name or id, as in `cache.tag("urgent").id`. What a template looks
 * up is known before it is filled, so that it is read at once, and only for templates that look something up.
 */

import { AppError } from "../base/errors.ts";
import { isMissing } from "./compare.ts";
import { cut, kindOf } from "./faults.ts";
import type { Scope } from "./scope.ts";

/** What can be looked up; in paths also by the plural. */
export const LOOKUP_TYPES = [
  "project",
  "client",
  "tag",
  "task",
  "user",
  "user_group",
  "custom_field",
  "expense_category",
  "holiday",
  "time_off_policy",
] as const;
/** One of them. */
export type LookupType = (typeof LOOKUP_TYPES)[number];

/** Fields of what is found. */
export const ENTITY_FIELDS = ["id", "name", "archived"] as const;
/** One of them. */
export type EntityField = (typeof ENTITY_FIELDS)[number];

/** One look-up, with its values. */
export interface EntityQuery {
  /** Of what is looked up. */
  type: LookupType;
  /** A name, as it is written in Clockify, or an id. */
  key: string;
  /** Id of what it hangs on: of a task its project. */
  parent?: string;
}

/** What is found: the one entity, or how many have the name. */
export type EntityAnswer = { entity: Readonly<Record<EntityField, unknown>> } | { matches: number };

/** Reads what is known of the installation's workspace; the answers in the order of the queries. */
export type FindEntities = (installationId: number, queries: readonly EntityQuery[]) => Promise<EntityAnswer[]>;

/** Of one step's templates: each is looked for in the same read. */
export const MAX_LOOKUPS = 50;
/** Longest name or id. */
const MAX_KEY = 255;

/** The type that is called so, in the singular or the plural. */
export function lookupType(name: string): LookupType | undefined {
  return LOOKUP_TYPES.find((type) => name === type || name === plural(type));
}

/** The query of these values. Throws EXPRESSION_FAILED for a key that is missing, or no text. */
export function entityQuery(type: LookupType, key: unknown, parent?: unknown): EntityQuery {
  return {
    type,
    key: keyText(type, key),
    ...(parent === undefined ? {} : { parent: keyText(type, parent) }),
  };
}

/** The scope with what was found in it. */
export function withEntities(scope: Scope, queries: readonly EntityQuery[], answers: readonly EntityAnswer[]): Scope {
  // No path leads here: `cache` is no root of paths.
  scope.cache = new Map(queries.map((query, index) => [queryText(query), answers[index]]));
  return scope;
}

/** True where look-ups were answered, be it that there were none. */
export function hasEntities(scope: Scope): boolean {
  return scope.cache !== undefined;
}

/** What the look-up gives. Throws EXPRESSION_FAILED where there is none of the name, or more than one. */
export function foundEntity(query: EntityQuery, field: EntityField | undefined, scope: Scope): unknown {
  const answer = (scope.cache as Map<string, EntityAnswer> | undefined)?.get(queryText(query));
  const call = `cache.${query.type}(${JSON.stringify(cut(query.key, 40))})`;
  if (!answer) throw failed(`${call} is not looked up here`);
  if ("entity" in answer) return field === undefined ? answer.entity : answer.entity[field];
  const { matches } = answer;
  const words = query.type.replaceAll("_", " ");
  throw failed(
    matches === 0
      ? `${call} is not there: no ${words} with this name or id is known in the workspace`
      : `${call} is not unique: ${matches} of the type ${words} have this name; give the id${
        query.type === "task" ? ', or the project, as in cache.task("Design", webhook.projectId)' : ""
      }`,
  );
}

/** One text for queries that mean the same. */
export function queryText({ type, key, parent }: EntityQuery): string {
  return JSON.stringify([type, key, parent ?? null]);
}

function plural(type: LookupType): string {
  return type.endsWith("y") ? `${type.slice(0, -1)}ies` : `${type}s`;
}

function keyText(type: LookupType, value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") {
    throw failed(`cache.${type}() takes a name or an id, not ${isMissing(value) ? "nothing" : kindOf(value)}`);
  }
  if (value === "" || value.length > MAX_KEY) throw failed(`cache.${type}() takes 1 to ${MAX_KEY} characters`);
  return value;
}

function failed(message: string): AppError {
  return new AppError("EXPRESSION_FAILED", message);
}
