/** Users and keys of the Workflow Management API. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export type User = Wire<"ApiUser">;
export type Key = Wire<"CallerKey">;
export type NewUser = RequestBody<"post_api_v1_users">;
export type NewKey = RequestBody<"post_api_v1_keys">;

export function listUsers(api: Api, page: number, signal?: AbortSignal): Promise<Answer<"get_api_v1_users">> {
  return api.get("/users", { page }, signal);
}

export function createUser(api: Api, user: NewUser): Promise<User> {
  return api.send("POST", "/users", user);
}

export function changeUser(api: Api, id: string, patch: { role?: User["role"]; disabled?: boolean }): Promise<User> {
  return api.send("PUT", `/users/${id}`, patch);
}

export function endSessionsOf(api: Api, id: string): Promise<unknown> {
  return api.send("POST", `/users/${id}/revoke_tokens`);
}

export type Session = Wire<"SignedInSession">;

export function listSessions(
  api: Api,
  query: { of: "me" | "all"; page: number },
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_sessions">> {
  return api.get("/sessions", query, signal);
}

export function endSession(api: Api, id: string): Promise<unknown> {
  return api.send("DELETE", `/sessions/${id}`);
}

export function endOtherSessions(api: Api): Promise<Answer<"post_api_v1_sessions_revoke_others">> {
  return api.send("POST", "/sessions/revoke_others");
}

export function listKeys(api: Api, page: number, signal?: AbortSignal): Promise<Answer<"get_api_v1_keys">> {
  return api.get("/keys", { page }, signal);
}

export function createKey(api: Api, key: NewKey): Promise<Answer<"post_api_v1_keys">> {
  return api.send("POST", "/keys", key);
}

export function revokeKey(api: Api, id: string): Promise<unknown> {
  return api.send("DELETE", `/keys/${id}`);
}
