/** The filter of the journal: kept in the address, asked for as a query. */

import { beginOfSpan } from "../runs/run_time.ts";
import type { ChangeQuery } from "./api.ts";

export interface ChangeFilter {
  entityType: string;
  entityId: string;
  person: string;
  flowId: string;
  runId: string;
  /** "", "true" or "false". */
  undoable: string;
  /** Of TIME_CHOICES, "" for any. */
  time: string;
  /** RFC 3339, "" for open. */
  from: string;
  to: string;
}

export const NO_FILTER: ChangeFilter = {
  entityType: "",
  entityId: "",
  person: "",
  flowId: "",
  runId: "",
  undoable: "",
  time: "",
  from: "",
  to: "",
};

const PARAMS: Readonly<Record<keyof ChangeFilter, string>> = {
  entityType: "entity_type",
  entityId: "entity_id",
  person: "person",
  flowId: "flow_id",
  runId: "run_id",
  undoable: "undoable",
  time: "time",
  from: "from",
  to: "to",
};
const NAMES = Object.keys(PARAMS) as (keyof ChangeFilter)[];

export function filterFromUrl(params: URLSearchParams): ChangeFilter {
  const filter = { ...NO_FILTER };
  for (const name of NAMES) filter[name] = params.get(PARAMS[name]) ?? "";
  if (filter.from !== "" || filter.to !== "") filter.time = "custom";
  return filter;
}

/** Over what else the address says. */
export function filterToUrl(filter: ChangeFilter, before = new URLSearchParams()): URLSearchParams {
  const after = new URLSearchParams(before);
  const isCustom = filter.time === "custom";
  for (const name of NAMES) {
    const value = !isCustom && (name === "from" || name === "to") ? "" : filter[name];
    if (value === "") after.delete(PARAMS[name]);
    else after.set(PARAMS[name], value);
  }
  return after;
}

export function isFiltered(filter: ChangeFilter): boolean {
  return NAMES.some((name) => filter[name] !== "");
}

/** What the server is asked with now. */
export function queryOf(filter: ChangeFilter, nowMs: number): ChangeQuery {
  const { time, from, to, ...rest } = filter;
  return { ...rest, from: time === "custom" ? from : beginOfSpan(time, nowMs), to: time === "custom" ? to : "" };
}

/** Types that the journal can be narrowed to; another one comes by a link. */
export const ENTITY_CHOICES = [
  "time_entry",
  "project",
  "task",
  "tag",
  "client",
  "user",
  "user_group",
  "custom_field",
  "expense",
  "invoice",
  "approval_request",
  "time_off_request",
  "time_off_policy",
  "holiday",
] as const;
