/** The latest time entries of a person, as something to choose from. */

import type { Api } from "../../shell/client.ts";
import { read } from "./api.ts";
import { isFields } from "./call.ts";
import { say } from "../../words/say.ts";

const MOST = 50;

export async function recentEntries(api: Api, userId: string) {
  const { data } = await read(api, {
    operation_id: "getTimeEntries",
    path_params: { userId },
    query_params: { "page-size": MOST },
  });
  const entries: unknown[] = Array.isArray(data) ? data : [];
  return entries.filter(isFields).map(({ id, description, timeInterval }) => {
    const { start } = isFields(timeInterval) ? timeInterval : {};
    const when = typeof start === "string" ? start.slice(0, 16).replace("T", " ") : "";
    return { key: String(id), label: String(description || say("(no description)")), detail: `${when} UTC · ${id}` };
  });
}
