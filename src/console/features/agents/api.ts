/** Agents: the list, one changed and deleted, whether it answers, and a message to it by hand. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export type Agent = Wire<"Agent">;
export type AgentHealth = Wire<"AgentHealth">;
export type AgentCall = Wire<"AgentCall">;
export type AgentUse = Wire<"AgentUse">;
export type AgentStepCall = Wire<"AgentStepCall">;
export type NewAgent = RequestBody<"post_api_v1_agents">;
export type AgentPatch = RequestBody<"put_api_v1_agents_agent_id">;
export type AgentList = Answer<"get_api_v1_agents">;

export function listAgents(
  api: Api,
  query: Partial<Record<"name" | "status", string> & Record<"page" | "page_size", number>>,
  signal?: AbortSignal,
): Promise<AgentList> {
  return api.get("/agents", query, signal);
}

export function createAgent(api: Api, agent: NewAgent): Promise<Agent> {
  return api.create("/agents", agent);
}

export function updateAgent(api: Api, id: string, patch: AgentPatch, tag?: string): Promise<Agent> {
  return api.send("PUT", `/agents/${id}`, patch, tag === undefined ? undefined : { "if-match": `"${tag}"` });
}

export async function getAgent(api: Api, id: string): Promise<{ agent: Agent; tag: string }> {
  const { answer, tag } = await api.tagged<Agent>("GET", `/agents/${id}`);
  return { agent: answer, tag };
}

export function deleteAgent(api: Api, id: string): Promise<unknown> {
  return api.send("DELETE", `/agents/${id}`);
}

export function checkAgent(api: Api, id: string, signal?: AbortSignal): Promise<AgentHealth> {
  return api.get(`/agents/${id}/health`, undefined, signal);
}

export function callAgent(api: Api, id: string, text: string): Promise<AgentCall> {
  return api.send("POST", `/agents/${id}/call`, { text });
}

export function usesOfAgent(
  api: Api,
  id: string,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_agents_agent_id_uses">> {
  return api.get(`/agents/${id}/uses`, { page_size: 20 }, signal);
}

export function callsOfAgent(
  api: Api,
  id: string,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_agents_agent_id_calls">> {
  return api.get(`/agents/${id}/calls`, undefined, signal);
}

export function resetBreaker(api: Api, id: string): Promise<unknown> {
  return api.send("POST", `/agents/${id}/reset_breaker`);
}
