/** The Explorer's routes: Clockify's operations, calls made by hand, their pages as a stream, history, saved calls, and approvals. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export type Endpoint = Wire<"ListedEndpoint">;
export type EndpointDetail = Wire<"EndpointDetail">;
export type Field = Wire<"OperationField">;
export type CallAnswer = Wire<"CallAnswer">;
export type CallPreview = Wire<"CallPreview">;
export type CallError = Wire<"CallError">;
export type Grade = Wire<"Grade">;
export type GuardPolicy = Wire<"GuardPolicy">;
export type HandCall = Wire<"HandCall">;
export type KeptCall = Answer<"get_ui_api_explorer_history_id">;
export type SavedCall = Wire<"SavedCall">;
export type GuardRequest = Wire<"GuardRequestRow">;

/** A call as the routes take it. */
export interface CallRequest extends Required<Pick<Wire<"CallRequest">, "operation_id">> {
  path_params: Record<string, unknown>;
  query_params: Record<string, unknown>;
  body?: unknown;
  replace?: true;
  as?: "viewer" | "addon";
}

const PATH = "/api-explorer";

export async function listEndpoints(api: Api, q: string, signal?: AbortSignal) {
  return await api.get<Answer<"get_ui_api_explorer_endpoints">>(`${PATH}/endpoints`, { q: q.slice(0, 100) }, signal);
}

/** `name`: operation_id where that is unique, else its key. */
export async function getEndpoint(api: Api, name: string, signal?: AbortSignal): Promise<EndpointDetail> {
  const path = `${PATH}/endpoints/${encodeURIComponent(name)}`;
  return await api.get<Answer<"get_ui_api_explorer_endpoints_operation_id">>(path, undefined, signal);
}

/** Reads are sent as often as they are asked for. */
export async function read(api: Api, request: CallRequest): Promise<CallAnswer> {
  return await (await api.open(`${PATH}/execute`, { post: request })).json();
}

/** A write is made once, however often it is pressed; `token`: of its preview. */
export async function write(api: Api, request: CallRequest, token?: string): Promise<CallAnswer> {
  return await api.create<CallAnswer>(`${PATH}/execute`, { ...request, confirm_token: token });
}

export async function getSnippets(api: Api, request: CallRequest) {
  return (await api.send<Answer<"post_ui_api_explorer_snippet">>("POST", `${PATH}/snippet`, request)).snippets;
}

export async function getFlowStep(api: Api, request: CallRequest) {
  return await api.send<Answer<"post_ui_api_explorer_flow_step">>("POST", `${PATH}/flow-step`, request);
}

/** Newest first. */
export async function listHistory(api: Api, signal?: AbortSignal): Promise<HandCall[]> {
  const query = { limit: 50 };
  return (await api.get<Answer<"get_ui_api_explorer_history">>(`${PATH}/history`, query, signal)).calls;
}

export async function getKept(api: Api, id: string): Promise<KeptCall> {
  return await api.get<KeptCall>(`${PATH}/history/${encodeURIComponent(id)}`);
}

export async function listSaved(api: Api, signal?: AbortSignal): Promise<SavedCall[]> {
  return (await api.get<Answer<"get_ui_api_explorer_saved">>(`${PATH}/saved`, undefined, signal)).saved;
}

export async function saveCall(
  api: Api,
  call: { name: string; shared: boolean; request: CallRequest },
): Promise<SavedCall> {
  return await api.create<SavedCall>(`${PATH}/saved`, call);
}

export async function removeSaved(api: Api, id: string): Promise<void> {
  await api.send("DELETE", `${PATH}/saved/${encodeURIComponent(id)}`);
}

export async function getPolicy(api: Api, signal?: AbortSignal): Promise<GuardPolicy> {
  return await api.get<Answer<"get_ui_guard">>("/guard", undefined, signal);
}

/** Newest first. */
export async function listRequests(api: Api, signal?: AbortSignal): Promise<GuardRequest[]> {
  const query = { limit: 50 };
  return (await api.get<Answer<"get_ui_guard_requests">>("/guard/requests", query, signal)).requests;
}

export async function getRequest(api: Api, id: string) {
  return await api.get<Answer<"get_ui_guard_requests_id">>(`/guard/requests/${encodeURIComponent(id)}`);
}

export type PageLine = Wire<"PageLine">;

/** All pages, chunk by chunk; ends when `signal` aborts. */
export async function* readPages(api: Api, request: CallRequest, signal: AbortSignal): AsyncGenerator<PageLine[]> {
  const response = await api.open(`${PATH}/execute`, {
    post: { ...request, pages: "all" },
    headers: { accept: "application/x-ndjson" },
    signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream() as TextDecoding).getReader();
  let rest = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop()!;
    yield lines.filter((line) => line !== "").map((line) => JSON.parse(line) as PageLine);
  }
}

type TextDecoding = ReadableWritablePair<string, Uint8Array<ArrayBuffer>>;
