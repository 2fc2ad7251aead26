/**
 * How one step's operation is performed: one call as it is, or a read first (find or create, full replace) and then the
 * write.
 */

import type { ClockifyAnswer } from "../clockify/client.ts";
import type { FindOrCreate } from "../clockify/find_or_create.ts";
import type { FullReplace } from "../clockify/full_replace.ts";
import type { Catalogue, Operation } from "../clockify/operations.ts";
import { operationPath } from "../clockify/request.ts";
import type { ActionCall } from "../engine/action.ts";
import { findKeys, findOrCreate } from "./clockify_find.ts";
import { mergeAndWrite, mergeKeys, readOperationOf, type SentCall } from "./clockify_merge.ts";
import type { EntityTurns } from "./entity_turns.ts";

/** The resolved and checked input of a step. */
export interface ReadInput {
  operation: Operation;
  /** Clockify user id; undefined: the call is made with the add-on's own rights. */
  asUser: string | undefined;
  pathParams: Record<string, unknown>;
  queryParams: Record<string, unknown>;
  body: unknown;
  /** How the body becomes a whole object; undefined for a body that is sent as it is. */
  merge: FullReplace | undefined;
  /** The operation is one of ours, which looks before it makes. */
  wanted: FindOrCreate | undefined;
}

export interface PerformContext {
  /** Makes one call for the step. */
  send(sent: SentCall): Promise<ClockifyAnswer>;
  /** Makes the call that the step is for, which may change something; `before` is its object where it was read already. */
  write(sent: SentCall, before?: unknown): Promise<ClockifyAnswer>;
  call: Pick<ActionCall, "tenant" | "signal">;
  turns: EntityTurns;
  catalogue: Catalogue;
}

/** `request` shows what came of a step that reads before it writes, which pictureOf() could not know. */
export interface Performed {
  answer: ClockifyAnswer;
  request?: unknown;
}

/** Performs the operation; what reads before it writes does so in the turn of its entity, in the whole workspace. */
export async function perform(
  input: ReadInput,
  { send, write, call, turns, catalogue }: PerformContext,
): Promise<Performed> {
  const { operation, pathParams, queryParams, body, merge, wanted } = input;
  const { workspaceId } = call.tenant;
  const take = <Result>(keys: string[], work: () => Promise<Result>) =>
    turns.take(keys.map((key) => `${workspaceId} ${key}`), call.signal, work);
  if (wanted) {
    const parts = { ...input, wanted, catalogue, send, write };
    return await take(findKeys(parts), async () => {
      const { answer, found } = await findOrCreate(parts);
      const request = { ...pictureOf(input, { catalogue, workspaceId }), found };
      return { answer, request: answer.kind === "ok" ? request : undefined };
    });
  }
  if (!merge) return { answer: await write({ operation, pathParams, queryParams, body }) };
  const parts = { ...input, replace: merge, catalogue, send, write };
  return await take(mergeKeys(parts), async () => {
    const { answer, written } = await mergeAndWrite(parts);
    const picture = pictureOf(input, { catalogue, workspaceId });
    if (written) return { answer, request: { ...picture, body: written.body, changed: written.changed } };
    return { answer, request: answer.kind === "ok" ? { ...picture, changed: [] } : undefined };
  });
}

/** What is sent, for history and dry runs; of a merge what the action names, since the rest is known when it runs. */
export function pictureOf(
  { operation, asUser, pathParams, queryParams, body, merge, wanted }: ReadInput,
  { catalogue, workspaceId }: { catalogue: Catalogue; workspaceId: string },
) {
  return {
    operation_id: operation.operationId,
    ...(asUser !== undefined && { as_user: asUser }),
    ...(merge && { reads: readOperationOf(merge, catalogue).operationId }),
    ...(wanted && { reads: wanted.find }),
    method: operation.method,
    path: operationPath(operation, pathParams, workspaceId),
    query: queryParams,
    body: body ?? null,
  };
}
