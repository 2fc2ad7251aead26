/** Workflows: the list with how their runs went, one with its versions, its changes, and its execution. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export type Workflow = Wire<"Workflow">;
export type WorkflowStatus = Workflow["status"];
export type WorkflowVersion = Wire<"WorkflowVersion">;
export type WorkflowDifference = Wire<"WorkflowDifference">;
export type RunCounts = Wire<"WorkflowRunCounts">;
export type NewWorkflow = RequestBody<"post_api_v1_workflows">;
export type WorkflowPatch = RequestBody<"put_api_v1_workflows_workflow_id">;

export type WorkflowFilter = Partial<Record<"name" | "status", string> & Record<"page" | "page_size", number>>;

export function listWorkflows(
  api: Api,
  filter: WorkflowFilter,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_workflows">> {
  return api.get("/workflows", { sort_by: "updated_at", ...filter }, signal);
}

/** By id of the workflow; one without any run is left out. */
export async function countRuns(
  api: Api,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, RunCounts>> {
  const query = { workflow_definition_ids: ids.join(",") };
  const { items } = await api.get<Answer<"get_api_v1_run_counts">>("/run_counts", query, signal);
  return new Map(items.map((one) => [one.workflow_definition_id, one]));
}

/** With the entity tag, for a change. */
export async function getWorkflow(
  api: Api,
  id: string,
  signal?: AbortSignal,
): Promise<{ workflow: Workflow; tag: string }> {
  const { answer, tag } = await api.tagged<Workflow>("GET", `/workflows/${id}`, { signal });
  return { workflow: answer, tag };
}

export function createWorkflow(api: Api, workflow: NewWorkflow): Promise<Workflow> {
  return api.create("/workflows", workflow);
}

export function updateWorkflow(api: Api, id: string, patch: WorkflowPatch, tag: string): Promise<Workflow> {
  return api.send("PUT", `/workflows/${id}`, patch, { "if-match": `"${tag}"` });
}

export function deleteWorkflow(api: Api, id: string): Promise<unknown> {
  return api.send("DELETE", `/workflows/${id}`);
}

export function listVersions(
  api: Api,
  id: string,
  page: number,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_workflows_workflow_id_versions">> {
  return api.get(`/workflows/${id}/versions`, { page }, signal);
}

export function compareVersions(
  api: Api,
  id: string,
  { from, to }: { from: number; to: number },
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_workflows_workflow_id_compare">> {
  return api.get(`/workflows/${id}/compare`, { from, to }, signal);
}

export function rollBack(api: Api, id: string, version: number): Promise<Workflow> {
  return api.create(`/workflows/${id}/rollback`, { version });
}

export function executeWorkflow(
  api: Api,
  id: string,
  input: RequestBody<"post_api_v1_workflows_workflow_id_execute">["input_data"],
): Promise<Wire<"WorkflowRun">> {
  return api.create(`/workflows/${id}/execute`, { input_data: input });
}
