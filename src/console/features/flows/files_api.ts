/** Flows as files: one made of some of them, and one looked at before its flows are made. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export type ImportPlan = Wire<"FlowImportPlan">;

/** What takes the place of what a file says, by what it says; secrets by "flow place". */
export interface FileMapping {
  entities: Record<string, string>;
  sources: Record<string, string>;
  flows: Record<string, string>;
  secrets: Record<string, string>;
}

/** The server's own limits of one file. */
export const MAX_FILE_FLOWS = 100;
export const MAX_FILE_BYTES = 1_000_000;

/** One flow by the route that members may use too. */
export async function exportFlows(api: Api, ids: readonly string[]): Promise<Blob> {
  const response = ids.length === 1
    ? await api.open(`/flows/${encodeURIComponent(ids[0]!)}/export`)
    : await api.open("/flows/export", { post: { ids } });
  return await response.blob();
}

/** Nothing is made. Throws REQUEST_INVALID with the places of what is no file of flows. */
export async function planImport(api: Api, file: unknown, mapping: FileMapping): Promise<ImportPlan> {
  const body = { file, mapping, dry_run: true };
  const { plan } = await api.send<Answer<"post_ui_flows_import">>("POST", "/flows/import", body);
  return plan;
}

/** All of its flows, switched off, or none. Throws FLOW_INVALID; `token` that the guard asked for. */
export async function importFlows(
  api: Api,
  { file, mapping, token }: { file: unknown; mapping: FileMapping; token?: string },
): Promise<{ id: string; name: string }[]> {
  const body = { file, mapping, dry_run: false, confirm_token: token };
  const { created } = await api.create<Answer<"post_ui_flows_import">>("/flows/import", body);
  return created ?? [];
}
