/** What the guard decides for each grade of request to Clockify, the operations of a grade, and the requests for a second person. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export type GuardPolicy = Wire<"GuardPolicy">;
export type GradePolicy = GuardPolicy["grades"][number];
export type Grade = Wire<"Grade">;
export type Outcome = Wire<"GuardOutcome">;
/** by_hand: the Explorer and API calls. flows: the steps of flows. */
export type Way = "by_hand" | "flows";
/** What of the policy becomes another; null gives a grade its default back. */
export type PolicyChange = Pick<RequestBody<"put_ui_guard">, Way>;

export async function getPolicy(api: Api, signal?: AbortSignal): Promise<GuardPolicy> {
  return await api.get<Answer<"get_ui_guard">>("/guard", undefined, signal);
}

/** Throws PRECONDITION_FAILED where the policy is at another version, and CONFIRMATION_REQUIRED and APPROVAL_REQUIRED. */
export async function putPolicy(
  api: Api,
  { change, version, token }: { change: PolicyChange; version: number; token?: string },
): Promise<GuardPolicy> {
  const body: RequestBody<"put_ui_guard"> = { ...change, ...(token !== undefined && { confirm_token: token }) };
  return await api.send<Answer<"put_ui_guard">>("PUT", "/guard", body, { "if-match": `"${version}"` });
}

export type GradedOperation = Pick<Wire<"ListedEndpoint">, "key" | "summary" | "tag">;

/** Of the whole catalogue, in its order. */
export async function getOperationsByGrade(api: Api, signal?: AbortSignal): Promise<Map<Grade, GradedOperation[]>> {
  const { groups } = await api.get<Answer<"get_ui_api_explorer_endpoints">>("/api-explorer/endpoints", {}, signal);
  return Map.groupBy(groups.flatMap(({ endpoints }) => endpoints), ({ grade }) => grade);
}

export type GuardRequest = Wire<"GuardRequestRow">;
export type WholeGuardRequest = Wire<"GuardRequest">;
export type RequestState = GuardRequest["state"];

export interface RequestPage {
  requests: GuardRequest[];
  nextCursor: string | null;
}

/** Newest first. `state`: absent for all. */
export async function listRequests(
  api: Api,
  { state, cursor, limit, signal }: { state?: RequestState; cursor?: string; limit: number; signal?: AbortSignal },
): Promise<RequestPage> {
  const { requests, pagination } = await api.get<Answer<"get_ui_guard_requests">>(
    "/guard/requests",
    { state, cursor, limit },
    signal,
  );
  return { requests, nextCursor: pagination.next_cursor };
}

/** With what it would send. */
export async function getRequest(api: Api, id: string, signal?: AbortSignal): Promise<WholeGuardRequest> {
  return await api.get<Answer<"get_ui_guard_requests_id">>(
    `/guard/requests/${encodeURIComponent(id)}`,
    undefined,
    signal,
  );
}

export type Verb = "approve" | "reject";

export async function decideRequest(
  api: Api,
  { id, verb, note }: { id: string; verb: Verb; note: string },
): Promise<GuardRequest> {
  const body: RequestBody<"post_ui_guard_requests_id_approve"> = note === "" ? {} : { note };
  return await api.send<Answer<"post_ui_guard_requests_id_approve">>("POST", `/guard/requests/${id}/${verb}`, body);
}
