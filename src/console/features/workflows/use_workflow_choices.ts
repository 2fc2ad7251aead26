/** The workflows as a filter offers them: the newest 100, and the one that is chosen. */

import { useQuery } from "@tanstack/react-query";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { listWorkflows } from "./api.ts";
import { say } from "../../words/say.ts";

/** Values and words of a list to choose from, "" for any first. `chosen`: id of a workflow, or "". */
export function useWorkflowChoices(chosen: string): (readonly [value: string, word: string])[] {
  const { api } = useApiSession();
  const { data = [] } = useQuery({
    queryKey: ["workflows", "choices"],
    queryFn: ({ signal }) => listWorkflows(api, { page_size: 100 }, signal),
    select: ({ items }) => items.map(({ id, name }) => [id, name] as const),
    staleTime: 60_000,
  });
  const isKnown = chosen === "" || data.some(([id]) => id === chosen);
  return [["", say("Any workflow")], ...(isKnown ? [] : [[chosen, chosen] as const]), ...data];
}
