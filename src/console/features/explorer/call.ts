/** A call that is being written: its values, what it changes of what Clockify holds, and the request that it becomes. Pure. */

import { changesBetween, type FullReplace, fullReplaceOf, writtenOf } from "../../../clockify/full_replace.ts";
import type { CallRequest, Endpoint, EndpointDetail } from "./api.ts";

export type Fields = Record<string, unknown>;

export interface Call {
  pathParams: Fields;
  queryParams: Fields;
  /** An object of what the author named, or any JSON; undefined: no body. */
  body: unknown;
  /** The body takes the place of the whole object. */
  replace: boolean;
  as: "viewer" | "addon" | undefined;
}

export const EMPTY_CALL: Call = { pathParams: {}, queryParams: {}, body: undefined, replace: false, as: undefined };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As the routes take it, without what is empty. */
export function requestOf(call: Call, { name }: Pick<Endpoint, "name">): CallRequest {
  const { pathParams, queryParams, body, replace, as } = call;
  return {
    operation_id: name,
    path_params: present(pathParams),
    query_params: present(queryParams),
    ...(body !== undefined && { body }),
    ...(replace && { replace }),
    ...(as && { as }),
  };
}

/** A call that was kept or saved, in our own spelling of its request. */
export function callOf(request: Fields): Call {
  const fields = (value: unknown) => isFields(value) ? value : {};
  const { as, body } = request;
  const { workspaceId: _own, ...pathParams } = fields(request.path_params);
  return {
    pathParams,
    queryParams: fields(request.query_params),
    body: body ?? undefined,
    replace: request.replace === true,
    as: as === "viewer" || as === "addon" ? as : undefined,
  };
}

/** What of an object is kept in the form: how its read becomes what is written. Undefined for what replaces no object by its id. */
export function replaceOf(detail: Pick<EndpointDetail, "method" | "path" | "fill">): FullReplace | undefined {
  const replace = detail.fill ? fullReplaceOf(detail) : undefined;
  return replace?.isList ? undefined : replace;
}

/** The object's fields as a write has them, from the answer of the read that `fill` names; undefined where it is not there. */
export function heldOf(detail: EndpointDetail, { data, pathParams }: { data: unknown; pathParams: Fields }) {
  const replace = replaceOf(detail);
  const { fill } = detail;
  if (!replace || !fill) return undefined;
  let object = data;
  if (fill.list_at !== null) {
    const list = fill.list_at === "" ? data : isFields(data) ? data[fill.list_at] : undefined;
    const id = fill.id_param === null ? undefined : pathParams[fill.id_param];
    object = Array.isArray(list) ? list.find((one) => isFields(one) && one.id === id) : undefined;
  }
  return isFields(object) ? writtenOf(replace, object) : undefined;
}

/** The fields that the body changes of what Clockify holds; all that it names, where that is not known. */
export function changedFields(body: unknown, held: Fields | undefined): string[] {
  if (!isFields(body)) return [];
  if (!held) return Object.keys(body);
  const named = Object.keys(body);
  return changesBetween(held, { ...held, ...body }).map(({ field }) => field).filter((field) => named.includes(field));
}

/** `values` with one more of them; undefined takes it away. */
export function withField(values: Fields, name: string, value: unknown): Fields {
  const { [name]: _before, ...rest } = values;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** The body with one field set; emptied where Clockify holds something: null, which empties it there too. */
export function withBodyField(body: unknown, { name, value, held }: { name: string; value: unknown; held?: Fields }) {
  const before = isFields(body) ? body : {};
  const isHeld = held !== undefined && Object.hasOwn(held, name);
  const same = isHeld && changedFields({ [name]: value ?? null }, held).length === 0;
  const next = withField(before, name, same ? undefined : value === undefined && isHeld ? null : value);
  return Object.keys(next).length === 0 ? undefined : next;
}

/** The operation of a call that was made: the one whose path its path fits. */
export function endpointOf(
  endpoints: readonly Endpoint[],
  { operation_id, method, path }: Partial<Pick<Endpoint, "operation_id">> & { method: string; path: string },
): Endpoint | undefined {
  const fitting = endpoints.filter((one) => one.method === method && valuesOf(one.path, path) !== undefined);
  return fitting.find((one) => one.operation_id === operation_id) ?? fitting.toSorted(byFixedParts)[0];
}

/** The values that stand in a path, by the names of its template; undefined where it does not fit. */
export function valuesOf(template: string, path: string): Record<string, string> | undefined {
  const parts = template.split("/");
  const given = path.split("/");
  if (parts.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== given[index]) return undefined;
    if (name !== undefined) values[name] = decodeURIComponent(given[index]!);
  }
  return values;
}

function byFixedParts(a: Endpoint, b: Endpoint): number {
  return a.path.split("{").length - b.path.split("{").length;
}

function present(values: Fields): Fields {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ""),
  );
}
