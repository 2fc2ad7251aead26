/** The search of the console of the Workflow Management API: workflows, agents, schedules and runs. */

import type { Answer, Wire } from "../../wire.ts";
import { RUN_WORDS } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import type { NavPage } from "../frame.tsx";
import { type FoundItem, Palette } from "../palette.tsx";
import { useApiSession } from "./session.tsx";

export function WorkflowPalette({ pages, onClose }: { pages: readonly NavPage[]; onClose(): void }) {
  const { api } = useApiSession();
  return (
    <Palette
      pages={pages}
      hint={say("A name, or the id of a workflow, agent, schedule or run")}
      search={async (q, signal) =>
        (await api.get<Answer<"get_api_v1_search">>("/search", { q }, signal)).found.map(itemOf)}
      onClose={onClose}
    />
  );
}

function itemOf({ kind, id, name, status }: Wire<"WorkflowFound">): FoundItem {
  switch (kind) {
    case "workflow":
      return { kind: say("Workflow"), text: name, id, path: `/workflows/${id}` };
    case "agent":
      return { kind: say("Agent"), text: name, id, path: `/agents/${id}` };
    case "schedule":
      return { kind: say("Schedule"), text: name, path: `/schedules?name=${encodeURIComponent(name)}` };
    case "run": {
      const state = status.toLowerCase();
      return { kind: say("Run"), text: `${name}, ${RUN_WORDS[state] ?? state}`, id, path: `/runs/${id}` };
    }
  }
}
