/** The guard over one database, with what it asks of the settings and what it reports to the metrics. */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Operation } from "../clockify/operations.ts";
import type { UndoGuard } from "../changes/guard_port.ts";
import type { Database } from "../db/db.ts";
import { type Approvals, createApprovals } from "../guard/approvals.ts";
import { createFlowDenials, readDenials } from "../guard/flow_denials.ts";
import { type Grade, gradeOf } from "../guard/grades.ts";
import {
  createGuard,
  deniedBy,
  type Guard,
  type GuardObserver,
  type GuardOptions,
  type PolicyGuard,
  type PublicationGuard,
} from "../guard/guard.ts";
import { createPolicyStore, type PolicyStore } from "../guard/policy.ts";
import type { SettingsSource } from "../installations/settings.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ServiceOf } from "./service_of.ts";

export interface Guarded {
  guard: Guard & PublicationGuard & PolicyGuard;
  policies: PolicyStore;
  approvals: Approvals;
  writesByHand: GuardOptions["writesByHand"];
  /** For steps: why flows of the installation may not call the operation. From memory, read again every few seconds. */
  denied(
    installationId: number,
    operation: Operation,
    named?: unknown,
  ): AppError | undefined | Promise<AppError | undefined>;
  /** The guard of undos: as writes by hand. */
  undoGuard: UndoGuard;
  /** To be called when a policy changed. */
  onChanged(): void;
  onDecision: GuardObserver["onDecision"];
}

const OFF = 'the add-on\'s setting "Allow writes by hand" is off; an administrator switches it on in Clockify';

export function openGuard({ db, people, keyring, settings, clock, metrics, serviceOf }: {
  db: Database;
  /** The database for requests of people. */
  people: Database;
  keyring: Keyring;
  settings: Pick<SettingsSource, "addonOf" | "fresh">;
  clock: Clock;
  metrics: Metrics;
  serviceOf: ServiceOf;
}): Guarded {
  const observer: GuardObserver = {
    onDecision: ({ installationId, grade, outcome }) =>
      serviceOf(installationId, (service) => metrics.add("guard_decisions_total", [service, grade, outcome])),
    onTokenRefused: ({ installationId, code }) =>
      serviceOf(
        installationId,
        (service) => metrics.add("confirm_tokens_refused_total", [service, code.toLowerCase()]),
      ),
  };
  const writesByHand: Guarded["writesByHand"] = async (installationId) => {
    const addon = await settings.addonOf(installationId);
    // Fresh: it leaves the program, and another instance may have seen the change.
    const allowed = addon !== undefined && (await settings.fresh({ id: installationId, addon })).writesByHand;
    return allowed ? { allowed } : { allowed, why: OFF };
  };
  const policies = createPolicyStore(people);
  const approvals = createApprovals({ db: people, keyring });
  const denials = createFlowDenials({ read: readDenials(db), clock });
  const guard = createGuard({ db: people, policies, approvals, writesByHand, observer });
  return {
    guard,
    undoGuard: {
      decide: guard.decide,
      redeem: guard.redeem,
      askedOf: async (installationId, operation, named) => {
        const grade = gradeOf(operation, named);
        const { policy } = await policies.read(installationId);
        const { allowed } = await writesByHand(installationId);
        return { grade, outcome: allowed ? policy.by_hand[grade] : "deny" };
      },
    },
    policies,
    approvals,
    writesByHand,
    denied: (installationId, operation, named) => {
      const refusal = (denied: ReadonlySet<Grade>) => {
        if (denied.size === 0) return undefined;
        const grade = gradeOf(operation, named);
        if (!denied.has(grade)) return undefined;
        observer.onDecision({ installationId, grade, outcome: "deny" });
        return new AppError("CLOCKIFY_WRITE_DENIED", deniedBy(operation, grade, "flows"));
      };
      const denied = denials.of(installationId);
      return denied instanceof Promise ? denied.then(refusal) : refusal(denied);
    },
    onChanged: denials.forget,
    onDecision: observer.onDecision,
  };
}
