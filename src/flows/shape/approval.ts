/** The shape of an approval: who is asked, by when, and what follows from the answer. */

import { z } from "zod";
import { literalValue } from "../../actions/http_secrets.ts";
import { at, type Fault } from "../../engine/faults.ts";
import type { FlowApproval, FlowStep } from "./definition.ts";
import { readShape, type StandIns } from "./mend.ts";
import { message, someSteps, stepId, stepList, stepName, type StepShapes } from "./parts.ts";
import { durationFaults, fixedMs } from "./time.ts";
import { MAX_PEOPLE } from "./step_limits.ts";

/** Roles of a workspace, as Clockify names them. */
export const APPROVAL_ROLES = ["OWNER", "WORKSPACE_ADMIN", "PROJECT_MANAGER", "TEAM_MANAGER"] as const;

const roles = message(`must be a list of ${APPROVAL_ROLES.join(", ")}`);
const remindShape = z.strictObject(
  { after: z.unknown().optional(), actions: someSteps },
  message('must be an object, as in {"after": "1 d", "actions": [...]}'),
);

const approval = z.strictObject({
  kind: z.literal("approval"),
  id: stepId,
  name: stepName,
  people: z.unknown().optional(),
  roles: z.array(z.enum(APPROVAL_ROLES, roles), roles).max(APPROVAL_ROLES.length, roles).nullish(),
  note: z.unknown().optional(),
  deadline: z.unknown().optional(),
  ask: stepList.nullish(),
  remind: remindShape.nullish(),
  approved: stepList.nullish(),
  rejected: stepList.nullish(),
  expired: stepList.nullish(),
});

const KEYS = { "": Object.keys(approval.shape), remind: Object.keys(remindShape.shape) };
const STAND_INS: StandIns = { roles: ["OWNER"], "roles.*": "OWNER", "remind.actions": [{}] };

export const approvalShape: StepShapes<FlowApproval> = {
  keys: KEYS[""],
  nested: KEYS,
  read: (input, { path, id }) =>
    readShape(approval, input, { path, keys: KEYS, standIns: STAND_INS }, (data) => {
      const { name, people, roles, note, deadline, ask, remind, approved, rejected, expired } = data;
      const faults: Fault[] = peopleFaults(people ?? [], { path: at(path, "people"), roles: roles?.length ?? 0 });
      if (note != null && typeof note !== "string") {
        faults.push({ path: at(path, "note"), message: "must be text, which may hold expressions" });
      }
      if (deadline != null) faults.push(...durationFaults(deadline, at(path, "deadline")));
      else if (expired) {
        faults.push({ path: at(path, "expired"), message: "needs `deadline`: without one it never expires" });
      }
      if (remind) faults.push(...remindFaults(remind.after, { path: `${path}.remind.after`, deadline }));
      return {
        faults,
        value: {
          kind: "approval",
          id,
          ...(name !== undefined && { name }),
          people: people ?? [],
          roles: [...new Set(roles)],
          ...(note != null && { note }),
          ...(deadline != null && { deadline }),
          ask: (ask ?? []) as FlowStep[],
          ...(remind && { remind: { after: remind.after, actions: remind.actions as FlowStep[] } }),
          approved: (approved ?? []) as FlowStep[],
          ...(rejected && { rejected: rejected as FlowStep[] }),
          ...(expired && { expired: expired as FlowStep[] }),
        },
      };
    }),
};

function peopleFaults(people: unknown, { path, roles }: { path: string; roles: number }): Fault[] {
  if (Array.isArray(people)) {
    if (people.length === 0 && roles === 0) {
      return [{ path, message: "is needed: who may decide, as ids of users, or by `roles`" }];
    }
    if (people.length > MAX_PEOPLE) return [{ path, message: `must name at most ${MAX_PEOPLE} people` }];
    return people.flatMap((one, index) =>
      typeof one === "string" && one !== ""
        ? []
        : [{ path: at(path, index), message: "must be the id of a user or an expression of one" }]
    );
  }
  if (typeof people === "string" && literalValue(people) === undefined) return [];
  return [{
    path,
    message: 'must be a list of ids of users, or an expression of one, as in ["$.webhook.user.managerId"]',
  }];
}

function remindFaults(after: unknown, { path, deadline }: { path: string; deadline: unknown }): Fault[] {
  if (after == null) return [{ path, message: 'is required: a span of time, as in "1 d"' }];
  const faults = durationFaults(after, path);
  const [wait, end] = [fixedMs(after), fixedMs(deadline)];
  if (faults.length === 0 && wait !== undefined && end !== undefined && wait >= end) {
    return [{ path, message: "must be shorter than the deadline: it has expired by then" }];
  }
  return faults;
}
