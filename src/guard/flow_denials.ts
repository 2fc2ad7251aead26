/**
 * What workspaces deny flows, in memory: steps ask here, and only one query every few seconds reads it, for all installations
 * and for as long as steps run. Few workspaces deny anything, so the rows are few.
 */

import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import { type Grade, GRADES } from "./grades.ts";
import { type OwnPolicy, policyOf } from "./policy.ts";

export interface FlowDenials {
  /** The grades that steps of the installation are denied, of most none: at once, or a promise where it has to be read first. */
  of(installationId: number): ReadonlySet<Grade> | Promise<ReadonlySet<Grade>>;
  /** To be called when a policy changed here; another instance sees the change after MAX_AGE_MS. */
  forget(): void;
}

/** By installation: the grades. */
export type ReadDenials = () => Promise<ReadonlyMap<number, ReadonlySet<Grade>>>;

export const MAX_AGE_MS = 5_000;
const NONE: ReadonlySet<Grade> = new Set();

export function createFlowDenials({ read, clock }: { read: ReadDenials; clock: Clock }): FlowDenials {
  let known: { denials: ReadonlyMap<number, ReadonlySet<Grade>>; untilMs: number } | undefined;
  let reading: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    try {
      // From before the query: what changes meanwhile is read again in time.
      const untilMs = clock.monotonicMs() + MAX_AGE_MS;
      known = { denials: await read(), untilMs };
    } finally {
      reading = undefined;
    }
  }

  const look = (installationId: number) => known!.denials.get(installationId) ?? NONE;

  return {
    of: (installationId) => {
      if (known && known.untilMs > clock.monotonicMs()) return look(installationId);
      return (reading ??= refresh()).then(
        () => look(installationId),
        (error) => {
          // Without the database the step cannot be recorded either: what was known before decides until then.
          if (known) return look(installationId);
          throw error;
        },
      );
    },
    forget: () => {
      if (known) known.untilMs = 0;
      // One that is in progress may have read what was there before.
      reading = undefined;
    },
  };
}

export function readDenials(db: Pick<Database, "scoped">): ReadDenials {
  return async () => {
    const rows = await db.scoped("all", (sql) =>
      sql<{ installation_id: number; policy: OwnPolicy }[]>`
        select installation_id, policy from guard_policy where denies_in_flows`);
    return new Map(rows.map(({ installation_id, policy }) => {
      const { flows } = policyOf(policy);
      return [installation_id, new Set(GRADES.filter((grade) => flows[grade] === "deny"))];
    }));
  };
}
