/** What a workspace decides for each grade, for requests that people make by hand and for flows; and where it is stored. */

import { AppError } from "../base/errors.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { type Grade, GRADES } from "./grades.ts";

/** From the mildest to the strictest. */
export const OUTCOMES = ["allow", "preview", "second_person", "deny"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** by_hand: the explorer and /api-call. flows: what is published as a step of a flow. */
export const WAYS = ["by_hand", "flows"] as const;
export type Way = (typeof WAYS)[number];

export type Policy = Readonly<Record<Way, Readonly<Record<Grade, Outcome>>>>;

/** What was set; a grade that is missing has its default. */
export type OwnPolicy = Readonly<Partial<Record<Way, Readonly<Partial<Record<Grade, Outcome>>>>>>;

/** A change; null gives a grade its default back. */
export type PolicyChange = Readonly<Partial<Record<Way, Readonly<Partial<Record<Grade, Outcome | null>>>>>>;

/**
 * A person looks at each write before it is sent. A flow was looked at when it was published, and runs unattended from then
 * on: what deletes is pointed out once more.
 */
export const DEFAULT_POLICY: Policy = {
  by_hand: { read: "allow", routine: "preview", business: "preview", destructive: "preview" },
  flows: { read: "allow", routine: "allow", business: "allow", destructive: "preview" },
};

/** What a change takes away from second persons; it is at `version`. */
export interface Leaving {
  version: number;
  left: { way: Way; grade: Grade; to: Outcome }[];
}

/** The policy of an installation; `version` 0, and nulls, where nothing was ever set. */
export interface StoredPolicy {
  policy: Policy;
  own: OwnPolicy;
  version: number;
  /** As GuardedRequest.person. */
  updatedBy: string | null;
  updatedAt: Date | null;
}

export interface PolicyStore {
  read(installationId: number): Promise<StoredPolicy>;
  /**
   * Throws CONFLICT when the stored version is another one than `expectedVersion`, where that is given. `leaving` is called in
   * the transaction for a change after which a grade needs no second person any more, and may throw: else one person could
   * lift what was meant to need two.
   */
  change(
    installationId: number,
    options: {
      change: PolicyChange;
      by: string;
      expectedVersion?: number;
      leaving(sql: TransactionSql, leaving: Leaving): Promise<void>;
    },
  ): Promise<StoredPolicy>;
}

interface PolicyRow {
  policy: OwnPolicy;
  version: number;
  updated_by: string;
  updated_at: Date;
}

export function createPolicyStore(db: Pick<Database, "scoped">): PolicyStore {
  return {
    read: (installationId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const [row] = await sql<PolicyRow[]>`
          select policy, version, updated_by, updated_at from guard_policy where installation_id = ${installationId}`;
        return toStored(row);
      }),
    change: (installationId, { change, by, expectedVersion, leaving }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        // A row to lock, so that of two who make the first one both are counted.
        await sql`
          insert into guard_policy (installation_id, policy, denies_in_flows, version, updated_by)
          values (${installationId}, '{}', false, 0, ${by}) on conflict do nothing`;
        const [row] = await sql<PolicyRow[]>`
          select policy, version, updated_by, updated_at from guard_policy
          where installation_id = ${installationId} for update`;
        const { own, version } = toStored(row);
        if (expectedVersion !== undefined && expectedVersion !== version) {
          throw new AppError("CONFLICT", `Cannot change the guard: it is at version ${version} by now; read it again`);
        }
        const next = changed(own, change);
        const left = leftBy(policyOf(own), policyOf(next));
        if (left.length > 0) await leaving(sql, { version, left });
        const denies = GRADES.some((grade) => policyOf(next).flows[grade] === "deny");
        const [saved] = await sql<PolicyRow[]>`
          update guard_policy set policy = ${JSON.stringify(next)}::text::jsonb, denies_in_flows = ${denies},
            version = version + 1, updated_by = ${by}, updated_at = now()
          where installation_id = ${installationId}
          returning policy, version, updated_by, updated_at`;
        return toStored(saved);
      }),
  };
}

/** What was set, laid over the defaults. */
export function policyOf(own: OwnPolicy): Policy {
  return {
    by_hand: { ...DEFAULT_POLICY.by_hand, ...own.by_hand },
    flows: { ...DEFAULT_POLICY.flows, ...own.flows },
  };
}

/** The strictest of them; "allow" of none. */
export function strictest(outcomes: readonly Outcome[]): Outcome {
  return OUTCOMES[Math.max(0, ...outcomes.map((outcome) => OUTCOMES.indexOf(outcome)))]!;
}

/** Also to deny: from there one person could go on to allow. */
function leftBy(before: Policy, after: Policy): Leaving["left"] {
  return WAYS.flatMap((way) =>
    GRADES.filter((grade) => before[way][grade] === "second_person" && after[way][grade] !== "second_person")
      .map((grade) => ({ way, grade, to: after[way][grade] }))
  );
}

/** Both ways and all their grades in one order, so that what is stored reads the same each time. */
function changed(own: OwnPolicy, change: PolicyChange): OwnPolicy {
  const ways = WAYS.map((way) => {
    const grades = GRADES.flatMap((grade) => {
      const given = change[way]?.[grade];
      const outcome = given === undefined ? own[way]?.[grade] : given;
      return outcome === undefined || outcome === null ? [] : [[grade, outcome] as const];
    });
    return [way, Object.fromEntries(grades)] as const;
  });
  return Object.fromEntries(ways.filter(([, grades]) => Object.keys(grades).length > 0));
}

function toStored(row: PolicyRow | undefined): StoredPolicy {
  if (!row || row.version === 0) {
    return { policy: DEFAULT_POLICY, own: {}, version: 0, updatedBy: null, updatedAt: null };
  }
  const { policy: own, version, updated_by, updated_at } = row;
  return { policy: policyOf(own), own, version, updatedBy: updated_by, updatedAt: updated_at };
}
