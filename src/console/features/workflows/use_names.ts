/** What the forms of steps offer: agents and workflows by name, and what steps gave in the last run that completed. */

import { useQuery } from "@tanstack/react-query";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { say } from "../../words/say.ts";
import { listAgents } from "../agents/api.ts";
import { getSteps, listRuns } from "../workflow_runs/api.ts";
import { listWorkflows } from "./api.ts";
import { STATUS_WORDS } from "./status.tsx";
import type { KnownOutputs } from "./draft/completion.ts";

export interface ListItem {
  name: string;
  detail: string;
}

/** As many as one page of the API has; others can be typed. */
const MOST = 100;
const FRESH_MS = 60_000;

export function useStepNames(workflowId: string): {
  agents: readonly ListItem[];
  workflows: readonly ListItem[];
  outputs: KnownOutputs;
} {
  const { api } = useApiSession();
  const agents = useQuery({
    queryKey: ["agents", "for-steps"],
    queryFn: ({ signal }) => listAgents(api, { page_size: MOST }, signal),
    select: ({ items }) =>
      // Those that a step may call first.
      items.toSorted((one, two) => Number(two.status === "active") - Number(one.status === "active")).map((
        { name, status, description },
      ) => ({
        name,
        detail: status === "active" ? description ?? "" : say("not active"),
      })),
    staleTime: FRESH_MS,
  });
  const workflows = useQuery({
    queryKey: ["workflows", "for-steps"],
    queryFn: ({ signal }) => listWorkflows(api, { page_size: MOST }, signal),
    select: ({ items }) =>
      items.filter(({ id }) => id !== workflowId).map(({ name, version, status }) => ({
        name,
        detail: `${say("version {version}", { version })}, ${STATUS_WORDS[status].word}`,
      })),
    staleTime: FRESH_MS,
  });
  const outputs = useQuery({
    queryKey: ["workflow", workflowId, "outputs"],
    queryFn: async ({ signal }): Promise<[string, unknown][]> => {
      const { items: [run] } = await listRuns(
        api,
        { workflow_definition_id: workflowId, status: "COMPLETED" },
        signal,
      );
      if (!run) return [];
      const { items } = await getSteps(api, run.id, 1, signal);
      return items.flatMap(({ step_id, output_data }) => output_data == null ? [] : [[step_id, output_data]]);
    },
    select: toMap,
    staleTime: FRESH_MS,
  });
  return { agents: agents.data ?? [], workflows: workflows.data ?? [], outputs: outputs.data ?? NONE };
}

function toMap(entries: [string, unknown][]): KnownOutputs {
  return new Map(entries);
}

const NONE: KnownOutputs = new Map();
