/** Balances given to people, one for each person and policy: a create adds to it, an update adds a difference, a delete wants a note. */

import { businessOf } from "../business_data.ts";
import { type Item, itemOf, userOf } from "../items.ts";
import { type ApiCall, objectBody, ok, refuse, type Route } from "../route.ts";
import { assignedBalance, balanceIn } from "../time_off_requests.ts";

const ASSIGNMENTS = "/v1/workspaces/{workspaceId}/time-off/balance/assignment";
const OF_PAIR = "user/{userId}/policy/{policyId}";
const [READ, WRITE] = ["TIME_OFF_READ", "TIME_OFF_WRITE"];

interface Pair {
  policy: Item;
  userId: string;
}

const policyOf = ({ workspace }: ApiCall, id: unknown): Item => itemOf(businessOf(workspace).policies, id, "Policy");
const pairOf = (call: ApiCall): Pair => ({
  policy: policyOf(call, call.params.policyId),
  userId: userOf(call, call.params.userId).id,
});

/** The pair of the path, whose assignment has the id of the path. */
function found(call: ApiCall): Pair {
  const pair = pairOf(call);
  if (assignedBalance(call.workspace, pair)?.id !== call.params.balanceAssignmentId) {
    throw refuse("Balance assignment doesn't belong to Workspace");
  }
  return pair;
}

function add(call: ApiCall, { policy, userId }: Pair, difference: number): void {
  const balance = balanceIn(call.workspace, policy, userId);
  balance.total += difference;
  const { workspace: { id: workspaceId }, caller } = call;
  const value = String(balance.total - balance.used);
  const payload = { workspaceId, userId, value, note: objectBody(call).note ?? "", updatedBy: caller.user.id };
  call.world.emit(workspaceId, "BALANCE_UPDATED", payload);
}

export const balanceAssignmentRoutes: Route[] = [
  {
    method: "POST",
    path: ASSIGNMENTS,
    scope: WRITE,
    handle(call) {
      const { balance, policyId, userIds } = objectBody(call) as { [name: string]: unknown; userIds: unknown[] };
      const policy = policyOf(call, policyId);
      const ids = userIds.map((id) => userOf(call, id).id);
      if (ids.length === 0) throw refuse("must not be empty");
      for (const userId of ids) add(call, { policy, userId }, Number(balance));
      return { status: 201 };
    },
  },
  {
    method: "GET",
    path: `${ASSIGNMENTS}/${OF_PAIR}`,
    scope: READ,
    handle(call) {
      const assigned = assignedBalance(call.workspace, pairOf(call));
      return ok(assigned ? [assigned] : []);
    },
  },
  {
    method: "PUT",
    path: `${ASSIGNMENTS}/{balanceAssignmentId}/${OF_PAIR}`,
    scope: WRITE,
    handle(call) {
      add(call, found(call), Number(objectBody(call).balanceChange));
      return { status: 204 };
    },
  },
  {
    method: "DELETE",
    path: `${ASSIGNMENTS}/{balanceAssignmentId}/${OF_PAIR}`,
    scope: WRITE,
    handle(call) {
      const { policy, userId } = found(call);
      if (!objectBody(call).note) throw refuse("Note field can't be empty.");
      businessOf(call.workspace).balances.set(`${policy.id} ${userId}`, { total: 0, used: 0, isGone: true });
      return { status: 200 };
    },
  },
];
