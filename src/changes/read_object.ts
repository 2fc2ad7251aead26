/** Reads the object of a write, as the table of writes says. */

import type { ClockifyAnswer } from "../clockify/client.ts";
import { isFields, type ObjectWrite, type WriteParts } from "../clockify/object_write.ts";
import { builtinCatalogue, type Catalogue, type Operation } from "../clockify/operations.ts";
import { AppError } from "../base/errors.ts";
import { paramsFor } from "../clockify/undo_kinds.ts";

/** Makes one call, counted against the budget as each other. */
export type Send = (parts: SentParts) => Promise<ClockifyAnswer>;

export interface SentParts {
  operation: Operation;
  pathParams: Record<string, unknown>;
  queryParams: Record<string, unknown>;
  body?: unknown;
  /** How many calls are needed from this one on, as far as is known (default 1): the hour's budget gives them together. */
  calls?: number;
}

/** Pages of a list that are looked through for one object. */
const MAX_PAGES = 20;
const PAGE_SIZE = 50;

/** The operation of this `METHOD /path`; taken from the built-in catalogue where CLOCKIFY_OPENAPI_FILE lacks it. */
export function operationNamed(key: string, catalogue: Catalogue): Operation | undefined {
  return catalogue.find(key) ?? builtinCatalogue().find(key);
}

/** The object as Clockify shows it now. Refused with reason "gone" where a list has none of the id. */
export async function readObject(
  { row, parts, catalogue, send, calls = 1 }: {
    row: ObjectWrite;
    parts: WriteParts;
    catalogue: Catalogue;
    send: Send;
    calls?: number;
  },
): Promise<ClockifyAnswer> {
  const { by, listAt, first, query = {} } = row.read!;
  const operation = operationNamed(by, catalogue)!;
  const { id } = parts;
  if (listAt === undefined) {
    // The id of what has one is the last parameter; others have as many as the write.
    const pathParams = paramsFor(by, parts);
    return await send({ operation, pathParams, queryParams: query, calls });
  }
  const pathParams = paramsFor(by, { pathParams: parts.pathParams });
  const sizeName = operation.paging.find((name) => name !== "page");
  for (let page = 1; page <= MAX_PAGES; page++) {
    const paged = sizeName === undefined || "page" in query ? {} : { page, [sizeName]: PAGE_SIZE };
    const answer = await send({ operation, pathParams, queryParams: { ...query, ...paged }, calls });
    if (answer.kind !== "ok") return answer;
    const list = listAt === "" ? answer.data : isFields(answer.data) ? answer.data[listAt] : undefined;
    if (!Array.isArray(list)) return unreadable(operation, row);
    const found = list.filter(isFields).find((one) => first && id === undefined ? true : one.id === id);
    if (found) return { ...answer, data: found };
    if (!("page" in paged) || list.length === 0 || answer.headers["last-page"] === "true") break;
  }
  const why = `Cannot read the ${row.noun} with ${operation.operationId}: Clockify's list has none of this id`;
  const error = new AppError("UPSTREAM_REJECTED", why, {
    details: { operation: operation.operationId, reason: "gone", sent: false },
  });
  return { kind: "refused", reason: "gone", retryable: false, error };
}

/** True for what Clockify answers where there is no object of the id, or no longer. */
export function isGone(answer: ClockifyAnswer): boolean {
  return answer.kind === "refused" && (answer.reason === "gone" || answer.reason === "invalid_or_gone");
}

function unreadable({ operationId }: Operation, { noun }: ObjectWrite): ClockifyAnswer {
  const why = `Cannot read the ${noun} with ${operationId}: Clockify did not show what it is`;
  return { kind: "failed", sent: false, error: new AppError("UPSTREAM_RESPONSE_INVALID", why, { retryable: true }) };
}
