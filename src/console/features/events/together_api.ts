/** The received events of all add-ons of the workspace as one list. */

import type { Api } from "../../shell/client.ts";
import type { Answer } from "../../wire.ts";
import { type EventQuery, type EventRow, toEventRow } from "./api.ts";

export interface TogetherRow extends EventRow {
  /** Key of its add-on. */
  addon: string;
}

export interface TogetherPage {
  rows: TogetherRow[];
  nextCursor: string | null;
  /** Add-ons whose rows are missing, by name, and why. */
  missing: { name: string; why: string }[];
}

const PAGE_SIZE = 50;

export async function listTogether(
  api: Api,
  { query, cursor, signal }: { query: EventQuery; cursor: string | null; signal?: AbortSignal },
): Promise<TogetherPage> {
  const { pagination, addons, webhooks } = await api.get<Answer<"get_ui_together_webhooks">>(
    "/together/webhooks",
    { ...query, limit: PAGE_SIZE, cursor },
    signal,
  );
  return {
    rows: webhooks.map(({ addon, ...row }) => ({ ...toEventRow(row), addon })),
    nextCursor: pagination.next_cursor,
    missing: addons.flatMap(({ name, problem }) => problem === null ? [] : [{ name, why: problem.message }]),
  };
}

/** The add-on that has the event; undefined where none has it, as far as the viewer sees. */
export async function addonOfEvent(api: Api, id: string, signal?: AbortSignal): Promise<string | undefined> {
  const { rows } = await listTogether(api, { query: { q: id }, cursor: null, signal });
  return rows.find((row) => row.id === id)?.addon;
}
