/** Dry run of one action: the value of each of its expressions, and a description of the request that it would make. */

import type { Action } from "../../engine/action.ts";
import { redactedUrl } from "../../actions/http.ts";
import { secretPlaces } from "../../actions/http_secrets.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import { type FindEntities, withEntities } from "../../engine/entity_lookup.ts";
import type { Limits } from "../../engine/expression.ts";
import { at, isObject } from "../../engine/faults.ts";
import {
  type CompiledTemplate,
  entityQueries,
  evaluatePlace,
  fillTemplate,
  parseTemplate,
  templateLookups,
  type TemplatePlace,
  templateReferences,
} from "../../engine/mapping.ts";
import type { Path } from "../../engine/path.ts";
import type { Scope } from "../../engine/scope.ts";
import { toAppError } from "../../base/errors.ts";
import { REDACTED } from "../../telemetry/redact.ts";
import type { FlowAction } from "../shape/definition.ts";
import { toStep } from "../parse/to_plan.ts";
import type { StepRead, TestReader } from "../../actions/test_reads.ts";
import { operationOf } from "../parse/results.ts";
import { changeOf, type DryRunChange } from "./change.ts";

/** A place of the action that holds expressions. Neither value nor problem: it gives nothing, or it waits. */
export interface DryRunValue {
  /** As in `actions[1].body.tagIds`. */
  at: string;
  /** As written. */
  template: string;
  value?: unknown;
  problem?: string;
}

/** A place that needs the result of a step which has not run. */
export interface DryRunWait {
  at: string;
  /** The path that names the result. */
  expression: string;
  /** As in `action_1_result`. */
  needs: string;
}

export interface DryRunRequest {
  method: string;
  /** Path of a Clockify call, or the whole address. */
  url: string;
  query: unknown;
  headers: Record<string, string>;
  body: unknown;
  /** Clockify user id that the call would be made for. */
  as_user?: string;
  /** operationId of the read that is made before, when the step runs. */
  reads?: string;
}

export interface DescribedAction {
  /**
   * Expressions that could not be resolved are shown as they are written. Null when the request cannot be made of them.
   */
  request: DryRunRequest | null;
  /** Why the step would fail. */
  problem: string | null;
  waits: DryRunWait[];
  values: DryRunValue[];
  /** What it changes of a whole object; null for an action that does not, and without a request. */
  change: DryRunChange | null;
  /** What it reads in Clockify; null where it reads nothing, or writes without a read. */
  read: TriedRead | null;
}

/** What is said of a step's read. */
export interface TriedRead {
  /** made: Clockify answered just now. failed: it, or a bound of the test, refused. assumed: it was not asked. */
  state: "made" | "assumed" | "failed";
  /** operationId. */
  operation: string;
  /** What was read, without secrets; absent unless it was. */
  answer?: unknown;
  /** Why it failed. */
  problem: string | null;
}

export interface DescribeContext {
  /** As in `actions[1]`. */
  place: string;
  /** As in `root/create`. */
  stepPath: string;
  /** What a path needs that is not known, as `action_1_result`; undefined where all is at hand. */
  missing(path: Path): string | undefined;
  scope: Scope;
  limits: Limits;
  tenant: { installationId: number; workspaceId: string };
  action: Pick<Action, "describe">;
  catalogue: Catalogue;
  findEntities: FindEntities;
  /** Makes the reads of the step; absent where they are assumed. */
  reader?: Pick<TestReader, "read">;
}

/** Never throws. Nothing that writes is sent: the action only describes. `output`: what the step would give, as it was read. */
export async function describeAction(
  action: FlowAction,
  context: DescribeContext,
): Promise<DescribedAction & { output?: { value: unknown } }> {
  const base = context.place;
  const hidden = new Set(
    action.type === "http" ? secretPlaces(action).map(({ path }) => `${base}.${path}`) : [],
  );
  const tried: DescribedAction = { request: null, problem: null, waits: [], values: [], change: null, read: null };
  const blanks = createBlanks();
  const give = (place: TemplatePlace): unknown => {
    const where = place.at.replace(/\.as_user\.id$/, ".as_user");
    const shown: DryRunValue = { at: where, template: place.written };
    tried.values.push(shown);
    const waits = templateReferences(place).flatMap(({ path }): DryRunWait[] => {
      const needs = context.missing(path);
      return needs === undefined ? [] : [{ at: where, expression: path.text, needs }];
    });
    const isAddress = action.type === "http" && place.at === `${base}.url`;
    if (waits.length > 0) {
      tried.waits.push(...waits);
      return blanks.blank(place.written, { isAddress });
    }
    try {
      const value = evaluatePlace(place, context.scope, context.limits);
      if (value !== undefined) {
        shown.value = hidden.has(where) ? REDACTED : isAddress ? redactedUrl(String(value)) : value;
      }
      return value;
    } catch (error) {
      shown.problem = toAppError(error).message;
      tried.problem ??= shown.problem;
      return blanks.blank(place.written, { isAddress });
    }
  };
  const input: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(toStep(action).input as Record<string, unknown>)) {
    const { template, faults } = parseTemplate(part, at(base, key));
    if (faults) tried.problem ??= `Cannot read ${faults[0]!.path}: ${faults[0]!.message}`;
    else await lookUp(template, context);
    const filled = template ? fillTemplate(template, give) : part;
    if (filled !== undefined) input[key] = filled;
  }
  const made = await requestOf(input, { context, blanks, problem: tried.problem });
  const drawn = made.request && blanks.fillIn(input);
  const { catalogue, reader } = context;
  const isKnown = made.request && made.problem === null && tried.waits.length === 0;
  const found = isKnown && action.type === "clockify" ? await reader?.read(input) : undefined;
  const change = isObject(drawn)
    ? changeOf(action, { catalogue, event: context.scope.webhook, input: drawn, read: found })
    : null;
  const read = made.request && readOf(action, { catalogue, request: made.request, found });
  return { ...tried, ...made, change, read, ...(found?.kind === "made" && found.output && { output: found.output }) };
}

function readOf(
  action: FlowAction,
  { catalogue, request, found }: { catalogue: Catalogue; request: DryRunRequest; found: StepRead | undefined },
): TriedRead | null {
  if (found?.kind === "failed") return { state: "failed", operation: found.operation, problem: found.problem };
  if (found?.kind === "made") {
    const { operation, output, objects } = found;
    const answer = output ? output.value : objects?.length === 1 ? objects[0] : objects ?? null;
    return { state: "made", operation, answer, problem: null };
  }
  const own = action.type === "clockify" ? operationOf(catalogue, action.operation_id) : undefined;
  const operation = request.reads ?? (own?.access === "read" ? own.operationId : undefined);
  return operation === undefined ? null : { state: "assumed", operation, problem: null };
}

/** Reads what the template looks up, so that its places find it. What cannot be asked fails where it stands. */
async function lookUp(template: CompiledTemplate, { scope, limits, tenant, findEntities }: DescribeContext) {
  if (templateLookups(template).length === 0) return;
  try {
    const queries = entityQueries(template, scope, limits.work);
    withEntities(scope, queries, queries.length === 0 ? [] : await findEntities(tenant.installationId, queries));
  } catch (error) {
    if (toAppError(error).code !== "EXPRESSION_FAILED") throw error;
  }
}

async function requestOf(
  input: Record<string, unknown>,
  { context, blanks, problem }: { context: DescribeContext; blanks: Blanks; problem: string | null },
): Promise<Pick<DescribedAction, "request" | "problem">> {
  let picture: unknown;
  try {
    picture = await context.action.describe({
      input,
      tenant: context.tenant,
      runId: "dry_run",
      flow: { id: 0 },
      stepPath: context.stepPath,
      attempt: 1,
      idempotencyKey: "dry_run",
      signal: new AbortController().signal,
    });
  } catch (error) {
    return { request: null, problem: problem ?? toAppError(error).message };
  }
  const drawn = blanks.fillIn(picture);
  if (!isObject(drawn)) return { request: null, problem };
  if (typeof drawn.problem === "string") return { request: null, problem: problem ?? drawn.problem };
  const { method, url, path, query, headers, body, as_user, reads } = drawn as Record<string, string>;
  return {
    problem,
    request: {
      method: method!,
      url: url ?? path!,
      query: query ?? {},
      headers: (headers ?? {}) as unknown as Record<string, string>,
      body: body ?? null,
      ...(as_user !== undefined && { as_user }),
      ...(reads !== undefined && { reads }),
    },
  };
}

interface Blanks {
  /** What stands in the place of a value that is not known while the request is described. */
  blank(written: string, options: { isAddress: boolean }): string;
  /** The description with what was written where blanks stand. */
  fillIn(value: unknown): unknown;
}

/**
 * Blanks look like templates, which every check of an operation's input lets pass; an address must look like one. An
 * unguessable number distinguishes them from other text.
 */
function createBlanks(): Blanks {
  const mark = `unknown-${crypto.randomUUID()}`;
  const written: string[] = [];
  const anyBlank = new RegExp(
    `https://${mark}-(\\d+)\\.invalid/|(?:\\{\\{|%7B%7B)${mark}-(\\d+)(?:\\}\\}|%7D%7D)`,
    "g",
  );
  const fillIn = (value: unknown): unknown => {
    if (typeof value === "string") {
      return value.includes(mark)
        ? value.replaceAll(anyBlank, (_, address, other) => written[Number(address ?? other)]!)
        : value;
    }
    if (Array.isArray(value)) return value.map(fillIn);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fillIn(part)]));
  };
  return {
    blank: (text, { isAddress }) => {
      const number = written.push(text) - 1;
      return isAddress ? `https://${mark}-${number}.invalid/` : `{{${mark}-${number}}}`;
    },
    fillIn,
  };
}
