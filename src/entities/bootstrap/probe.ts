/** Asks Clockify for one entity by its id: what a list lacks may be missing from that answer only. */

import type { CallOrigin } from "../../clockify/call_origin.ts";
import type { ClockifyClient } from "../../clockify/client.ts";
import type { Catalogue, Operation } from "../../clockify/operations.ts";
import type { CallInstallation } from "../../clockify/request.ts";
import type { ReadList } from "./lists.ts";
import type { Pace } from "./pace.ts";

/** unknown: no answer that says so, or Clockify has no operation that gives one entity of the type. */
export type ProbeAnswer =
  | { kind: "exists"; body: Record<string, unknown> }
  | { kind: "gone" }
  | { kind: "unknown"; retryInMs?: number };

export interface ProbeRequest {
  entityType: string;
  id: string;
  /** Of an entity whose list hangs on another's. */
  parentId: string;
  /** Who asks. */
  origin: CallOrigin;
  installation: CallInstallation;
  priority: "interactive" | "bulk";
  maxWaitMs: number;
  pace?: Pace;
  signal?: AbortSignal;
}

export interface Probe {
  /** True when entities of the type can be asked for. */
  knows(entityType: string): boolean;
  /** Rejects only with the reason of an aborted signal. */
  ask(request: ProbeRequest): Promise<ProbeAnswer>;
}

export function createProbe(
  { catalogue, lists, client }: { catalogue: Catalogue; lists: readonly ReadList[]; client: ClockifyClient },
): Probe {
  const known = new Map(lists.flatMap((list) => {
    const operation = oneOf(catalogue, list);
    return operation ? [[list.entityType, { list, operation }] as const] : [];
  }));
  return {
    knows: (entityType) => known.has(entityType),
    ask: async ({ entityType, id, parentId, ...call }) => {
      const found = known.get(entityType);
      if (!found) return { kind: "unknown" };
      const { list, operation } = found;
      const answer = await client.call({
        ...call,
        operation,
        pathParams: { ...list.parent && { [list.parent.param]: parentId }, [operation.pathParams.at(-1)!]: id },
      });
      if (answer.kind === "ok") {
        const body = answer.data as { id?: unknown } | null;
        return body?.id === id ? { kind: "exists", body: body as Record<string, unknown> } : { kind: "unknown" };
      }
      if (answer.kind === "limited") return { kind: "unknown", retryInMs: answer.retryInMs };
      // An unknown id is answered 400 with code 501 where one expects 404 (live answers, August 2026).
      const gone = answer.kind === "refused" && (answer.reason === "gone" || answer.reason === "invalid_or_gone");
      return gone ? { kind: "gone" } : { kind: "unknown" };
    },
  };
}

/** The operation that gives one entity of the list: its path and an id. */
function oneOf(catalogue: Catalogue, { operation: { path }, id }: ReadList): Operation | undefined {
  const found = catalogue.find(`GET ${path}/{id}`);
  const usable = found?.addonToken === "allowed" && found.answer === "object" && !found.deprecated && id.length === 1;
  return usable ? found : undefined;
}

/** As many as may go from a list at once without a doubt: a person who deletes more is rarer than an answer that is wrong. */
export function isSuspicious({ missing, known }: { missing: number; known: number }): boolean {
  return missing > Math.max(5, known * 0.2);
}

/**
 * Whether entities that a list lacks are gone: "gone" when Clockify says so of each that was asked for, "there" when one of
 * them is, "unknown" when Clockify did not say.
 */
export async function askSome(
  probe: Probe,
  some: readonly { id: string; parentId: string }[],
  request: Omit<ProbeRequest, "id" | "parentId">,
): Promise<{ kind: "gone" | "there" } | { kind: "unknown"; retryInMs?: number }> {
  for (const one of some) {
    const answer = await probe.ask({ ...request, ...one });
    if (answer.kind === "exists") return { kind: "there" };
    if (answer.kind === "unknown") return answer;
  }
  return { kind: "gone" };
}
