/** What the families of routes do alike with lists of objects: find one, take one out, page them, read filters of ids. */

import { createHash } from "node:crypto";
import { type ApiAnswer, type ApiCall, ApiRefusal, objectBody, paged, refuse } from "./route.ts";
import type { Project, Task, User, Workspace } from "./workspace_data.ts";

export type Item = { id: string } & Record<string, unknown>;

/** An id that stays the same from start to start. */
export function stableId(workspace: Workspace, name: string): string {
  return createHash("sha256").update(`${workspace.id} ${name}`).digest("hex").slice(0, 24);
}

/** Throws 400/501 for an id that is unknown or deleted. */
export function itemOf<T extends { id: string }>(items: readonly T[], id: unknown, noun: string): T {
  const item = items.find((one) => one.id === id);
  if (!item) throw refuse(`${noun} doesn't belong to Workspace`);
  return item;
}

/** Takes the item out of its list. Throws 400/501 for an id that is unknown or deleted. */
export function takeItem<T extends { id: string }>(items: T[], id: unknown, noun: string): T {
  const item = itemOf(items, id, noun);
  items.splice(items.indexOf(item), 1);
  return item;
}

export function userOf({ workspace }: ApiCall, id: unknown): User {
  const user = workspace.users.get(String(id));
  if (!user) throw refuse("User doesn't belong to Workspace");
  return user;
}

export function projectOf({ workspace }: ApiCall, id: unknown): Project {
  const project = workspace.projects.get(String(id));
  if (!project) throw refuse("Project doesn't belong to Workspace");
  return project;
}

/** A task of that project; undefined for no task. */
export function taskOf({ workspace }: ApiCall, id: unknown, projectId: unknown): Task | undefined {
  if (!id) return undefined;
  const task = workspace.tasks.get(String(id));
  if (task?.projectId !== projectId) throw refuse("Task doesn't belong to Project");
  return task;
}

/** Throws 400/501, as live, when one of these body fields is absent or null. */
export function requireAll(body: Record<string, unknown>, names: readonly string[]): void {
  if (names.some((name) => body[name] === undefined || body[name] === null)) throw refuse("must not be null");
}

/** A page inside an envelope; Last-Page stands in the header all the same. */
export function enveloped(call: ApiCall, items: readonly unknown[], envelope: (page: unknown) => unknown): ApiAnswer {
  const answer = paged(call, items);
  return { ...answer, body: envelope(answer.body) };
}

export interface BodyPaging {
  /** Of the size, in the body; `page` is always `page`. */
  sizeName?: string;
  maxSize?: number;
}

/** The page that `page` (from 1) and `pageSize` (50) of the body name. No header says whether it is the last. */
export function bodyPage<T>(body: Record<string, unknown>, items: readonly T[], paging: BodyPaging = {}): T[] {
  const { sizeName = "pageSize", maxSize = Infinity } = paging;
  const [page, size] = [Number(body.page ?? 1), Number(body[sizeName] ?? 50)];
  if (!Number.isInteger(page) || !Number.isInteger(size)) throw new ApiRefusal(400, "Cannot parse page", 3002);
  if (page < 1 || size < 1) throw refuse("must be greater than or equal to 1");
  if (size > maxSize) throw refuse(`must be less than or equal to ${maxSize}`);
  return items.slice((page - 1) * size, page * size);
}

/** The ids of a filter such as `{contains, ids, status}`. */
export const idsOf = (filter: unknown): string[] => listOf((filter as { ids?: unknown } | null | undefined)?.ids);

/** The texts of a list; of one text itself, of anything else none. */
export function listOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map(String) : [];
}

/** A test for `{contains, ids}`: CONTAINS, CONTAINS_ONLY or DOES_NOT_CONTAIN; no ids let everything through. */
export function passes(filter: unknown): (ids: readonly (string | null)[]) => boolean {
  const ids = idsOf(filter);
  const { contains = "CONTAINS" } = (filter ?? {}) as { contains?: string };
  if (ids.length === 0) return () => true;
  if (contains === "DOES_NOT_CONTAIN") return (own) => !own.some((id) => ids.includes(id!));
  if (contains === "CONTAINS_ONLY") return (own) => own.length > 0 && own.every((id) => ids.includes(id!));
  return (own) => own.some((id) => ids.includes(id!));
}

/** A whole body that a table of field names and defaults is read from: what it leaves out has its default. */
export function fieldsOf(call: ApiCall, defaults: Record<string, unknown>): Record<string, unknown> {
  const body = objectBody(call);
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, body[name] ?? value]));
}

/** Milliseconds of a date or an instant. Throws 400/3002 for what is none. */
export function timeOf(text: unknown): number {
  const ms = Date.parse(String(text));
  if (Number.isNaN(ms)) throw new ApiRefusal(400, "Cannot parse date", 3002);
  return ms;
}
