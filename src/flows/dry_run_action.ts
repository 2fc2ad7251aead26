/** One action of a flow on trial: what each of its places gives, and the picture of the request that it would make. */

import type { Action } from "../engine/action.ts";
import { redactedUrl } from "../actions/http.ts";
import { secretPlaces } from "../actions/http_secrets.ts";
import type { Catalogue } from "../clockify/operations.ts";
import type { Limits } from "../engine/expression.ts";
import { at, isObject } from "../engine/faults.ts";
import {
  evaluatePlace,
  fillTemplate,
  parseTemplate,
  type TemplatePlace,
  templateReferences,
} from "../engine/mapping.ts";
import type { Path } from "../engine/path.ts";
import { actionNumber, type Scope } from "../engine/scope.ts";
import { toAppError } from "../base/errors.ts";
import { REDACTED } from "../telemetry/redact.ts";
import type { FlowAction } from "./definition.ts";
import { toStep } from "./to_plan.ts";
import { changeOf, type TrialChange } from "./dry_run_change.ts";

/** A place of the action that holds expressions. Neither value nor problem: it gives nothing, or it waits. */
export interface TrialPlace {
  /** As in `actions[1].body.tagIds`. */
  at: string;
  /** As written. */
  template: string;
  value?: unknown;
  problem?: string;
}

/** A place that needs the result of a step which has not run. */
export interface TrialWait {
  at: string;
  /** The path that names the result. */
  expression: string;
  /** As in `action_1_result`. */
  needs: string;
}

export interface TrialRequest {
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

export interface TriedAction {
  /** Places that could not be resolved stand there as they are written. Null when the request cannot be made of them. */
  request: TrialRequest | null;
  /** Why the step would fail. */
  problem: string | null;
  waits: TrialWait[];
  values: TrialPlace[];
  /** What it changes of a whole object; null for an action that does not, and without a request. */
  change: TrialChange | null;
}

export interface TryContext {
  index: number;
  /** Of all actions, in their order. */
  ids: readonly string[];
  /** True for an earlier action whose result is at hand. */
  isKnown(position: number): boolean;
  scope: Scope;
  limits: Limits;
  tenant: { installationId: number; workspaceId: string };
  action: Pick<Action, "describe">;
  catalogue: Catalogue;
}

/** Never throws. Nothing is sent: the action only describes. */
export async function tryAction(action: FlowAction, context: TryContext): Promise<TriedAction> {
  const base = at("actions", context.index);
  const hidden = new Set(
    action.type === "http" ? secretPlaces(action).map(({ path }) => `${base}.${path}`) : [],
  );
  const tried: TriedAction = { request: null, problem: null, waits: [], values: [], change: null };
  const blanks = createBlanks();
  const give = (place: TemplatePlace): unknown => {
    const where = place.at.replace(/\.as_user\.id$/, ".as_user");
    const shown: TrialPlace = { at: where, template: place.written };
    tried.values.push(shown);
    const waits = templateReferences(place).flatMap(({ path }): TrialWait[] => {
      const needs = missingResult(path, context);
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
    const filled = template ? fillTemplate(template, give) : part;
    if (filled !== undefined) input[key] = filled;
  }
  const made = await requestOf(input, { context, blanks, problem: tried.problem });
  const drawn = made.request && blanks.fillIn(input);
  const change = isObject(drawn)
    ? changeOf(action, { catalogue: context.catalogue, event: context.scope.webhook, input: drawn })
    : null;
  return { ...tried, ...made, change };
}

/** The result of an earlier step that `path` needs and nobody knows, as `action_N_result`. */
function missingResult({ segments: [root, step] }: Path, { index, ids, isKnown }: TryContext): string | undefined {
  if (root?.kind !== "name") return undefined;
  const number = actionNumber(root.name);
  const earlier = [...ids.slice(0, index).keys()];
  const needed = number !== undefined
    ? earlier.filter((position) => position === number - 1)
    : root.name !== "steps"
    ? []
    // `$.steps` without the name of one takes them all.
    : earlier.filter((position) => step?.kind !== "name" || ids[position] === step.name);
  const missing = needed.find((position) => !isKnown(position));
  return missing === undefined ? undefined : `action_${missing + 1}_result`;
}

async function requestOf(
  input: Record<string, unknown>,
  { context, blanks, problem }: { context: TryContext; blanks: Blanks; problem: string | null },
): Promise<Pick<TriedAction, "request" | "problem">> {
  let picture: unknown;
  try {
    picture = await context.action.describe({
      input,
      tenant: context.tenant,
      runId: "trial",
      stepPath: `root/${context.ids[context.index]}`,
      attempt: 1,
      idempotencyKey: "trial",
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
 * Blanks look like templates, which every check of an operation's input lets pass; an address must look like one. They are
 * told from other text by a number that nobody can guess.
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
