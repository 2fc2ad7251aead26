/** Finds an entity by its exact name, and makes it when there is none; two steps at once end with one entity. */

import type { ClockifyAnswer } from "../clockify/client.ts";
import type { FindOrCreate } from "../clockify/find_or_create.ts";
import { builtinCatalogue, type Catalogue, type Operation } from "../clockify/operations.ts";
import { AppError } from "../base/errors.ts";
import { type SentCall, unsent } from "./clockify_merge.ts";

type Fields = Record<string, unknown>;

export interface FindCall {
  wanted: FindOrCreate;
  catalogue: Catalogue;
  pathParams: Record<string, unknown>;
  body: unknown;
  send(parts: SentCall): Promise<ClockifyAnswer>;
  /** Makes the call that creates. */
  write(parts: SentCall): Promise<ClockifyAnswer>;
}

/** A list is looked through no further; a name search gives few. */
const MAX_PAGES = 50;
const PAGE_SIZE = 50;
/** The search, the create, and the search after a create that is refused. */
const CALLS = 3;

/** What names the entity, for turns among the steps of one process. */
export function findKeys({ wanted, pathParams, body }: FindCall): string[] {
  const { projectId = "" } = pathParams;
  return [`name of a ${wanted.entity} ${projectId} ${String((body as Fields).name).toLowerCase()}`];
}

/**
 * The answer's data is the entity, found or made. OPERATION_INPUT_INVALID for a name that is empty. When the create
 * is refused, another made it meanwhile, or one of the name stands in other letters: it is looked for once more.
 */
export async function findOrCreate(call: FindCall): Promise<{ answer: ClockifyAnswer; found: boolean }> {
  const { wanted, body } = call;
  const fields = body as Fields;
  const { name } = fields;
  if (typeof name !== "string" || name.trim() === "") {
    const error = new AppError("OPERATION_INPUT_INVALID", `Cannot find the ${wanted.noun}: body.name is empty`, {
      details: { path: "body.name" },
    });
    return { answer: { kind: "refused", reason: "input", retryable: false, error }, found: false };
  }
  const first = await look(call, { name, isStrict: true });
  if (first.kind !== "none") return { answer: unsent(first), found: first.kind === "ok" };
  const { pathParams } = call;
  const operation = operationNamed(wanted.create, call.catalogue);
  const made = await call.write({ operation, pathParams, queryParams: {}, body, calls: CALLS - 1 });
  if (made.kind !== "refused" || (made.status !== 400 && made.status !== 409)) return { answer: made, found: false };
  const second = await look(call, { name, isStrict: false });
  return second.kind === "ok" ? { answer: second, found: true } : { answer: made, found: false };
}

async function look(
  { wanted, catalogue, pathParams, body, send }: FindCall,
  { name, isStrict }: { name: string; isStrict: boolean },
): Promise<ClockifyAnswer | { kind: "none" }> {
  const operation = operationNamed(wanted.find, catalogue);
  const within = wanted.within && (body as Fields)[wanted.within.field];
  const hasStrict = operation.queryParams.some((param) => param.name === "strict-name-search");
  const matches: Fields[] = [];
  for (let page = 1; page <= MAX_PAGES; page++) {
    const answer = await send({
      operation,
      pathParams,
      queryParams: {
        name,
        ...(isStrict && hasStrict && { "strict-name-search": true }),
        ...(within ? { [wanted.within!.query]: within } : {}),
        page,
        "page-size": PAGE_SIZE,
      },
      calls: isStrict ? CALLS : 1,
    });
    if (answer.kind !== "ok") return answer;
    const list = Array.isArray(answer.data) ? answer.data as Fields[] : [];
    matches.push(...list.filter((one) => sameName(one.name, name, isStrict) && (!within || one.clientId === within)));
    if (list.length === 0 || answer.headers["last-page"] === "true") {
      const best = bestOf(matches, name);
      return best === undefined ? { kind: "none" } : { ...answer, data: best };
    }
  }
  const best = bestOf(matches, name);
  return best === undefined ? { kind: "none" } : { kind: "ok", status: 200, headers: {}, data: best };
}

/** Without `isExact` letters may differ in case: Clockify refuses a second name that differs in no more. */
function sameName(given: unknown, name: string, isExact: boolean): boolean {
  if (typeof given !== "string") return false;
  return given === name || (!isExact && given.trim().toLowerCase() === name.trim().toLowerCase());
}

/** One that can be used before one that is archived or done, then the very name. */
function bestOf(matches: Fields[], name: string): Fields | undefined {
  const rank = (one: Fields) => (one.archived === true || one.status === "DONE" ? 2 : 0) + (one.name === name ? 0 : 1);
  return matches.toSorted((a, b) => rank(a) - rank(b))[0];
}

/** Taken from the built-in catalogue where CLOCKIFY_OPENAPI_FILE lacks it. */
function operationNamed(operationId: string, catalogue: Catalogue): Operation {
  const known = builtinCatalogue().find(operationId)!;
  return catalogue.find(`${known.method} ${known.path}`) ?? known;
}
