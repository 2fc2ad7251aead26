/** With which status an operation of the catalogue succeeds: by its method and answer, with the ones that are otherwise. */

import { type Operation, operationKey, shapeOf } from "../clockify/operations.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";

/** POSTs that make something and answer 200 all the same; those that only search answer 200 anyway. */
const OK = [
  "POST /v1/file/image",
  `POST ${WORKSPACE}/approval-requests/resubmit-entries-for-approval`,
  `POST ${WORKSPACE}/approval-requests/users/{userId}/resubmit-entries-for-approval`,
  `POST ${WORKSPACE}/audit-log`,
  `POST ${WORKSPACE}/holidays`,
  `POST ${WORKSPACE}/invoices/{invoiceId}/items`,
  `POST ${WORKSPACE}/invoices/{invoiceId}/items/import`,
  `POST ${WORKSPACE}/limited-users`,
  `POST ${WORKSPACE}/projects/from-template`,
  `POST ${WORKSPACE}/projects/{projectId}/memberships`,
  `POST ${WORKSPACE}/scheduling/assignments/{assignmentId}/copy`,
  `POST ${WORKSPACE}/shared-reports`,
  `POST ${WORKSPACE}/time-off/policies/{policyId}/requests`,
  `POST ${WORKSPACE}/time-off/policies/{policyId}/users/{userId}/requests`,
  `POST ${WORKSPACE}/policies/{policyId}/requests`,
  `POST ${WORKSPACE}/policies/{policyId}/users/{userId}/requests`,
  `POST ${WORKSPACE}/time-entries/batch`,
  `POST ${WORKSPACE}/user-groups/{userGroupId}/users`,
  `POST ${WORKSPACE}/users`,
  `DELETE ${WORKSPACE}/expenses/{expenseId}`,
  `DELETE ${WORKSPACE}/invoices/{invoiceId}`,
  `DELETE ${WORKSPACE}/policies/{id}`,
  `DELETE ${WORKSPACE}/time-off/balance/assignment/{balanceAssignmentId}/user/{userId}/policy/{policyId}`,
  `DELETE ${WORKSPACE}/time-off/policies/{id}`,
  `DELETE ${WORKSPACE}/webhooks/{webhookId}`,
];
const CREATED = [`PUT ${WORKSPACE}/users/{userId}/custom-field/{customFieldId}/value`];
const NO_CONTENT = [
  `PUT ${WORKSPACE}/time-off/balance/assignment/{balanceAssignmentId}/user/{userId}/policy/{policyId}`,
  `PATCH ${WORKSPACE}/balance/policy/{policyId}`,
  `PATCH ${WORKSPACE}/time-off/balance/policy/{policyId}`,
];

const OTHERS = new Map([
  ...OK.map((name) => [shapeOf(name), 200] as const),
  ...CREATED.map((name) => [shapeOf(name), 201] as const),
  ...NO_CONTENT.map((name) => [shapeOf(name), 204] as const),
]);

export function successStatus(operation: Pick<Operation, "method" | "path" | "access" | "answer">): number {
  const other = OTHERS.get(shapeOf(operationKey(operation)));
  if (other !== undefined) return other;
  if (operation.method === "POST" && operation.access === "write") return 201;
  return operation.method === "DELETE" && operation.answer === "none" ? 204 : 200;
}
