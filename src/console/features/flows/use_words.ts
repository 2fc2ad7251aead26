/** What the rows of the editor are said with: names of events, entities and flows. */

import { useQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { listFlows } from "./api.ts";
import type { Draft } from "./draft/draft.ts";
import type { SentenceWords } from "./draft/sentences.ts";
import { isControl, walk } from "./draft/tree.ts";
import type { Entity } from "./names_api.ts";
import { titleOf, type Vocabulary } from "./vocabulary_api.ts";

export function useWords(
  { draft, vocabulary, names }: { draft: Draft; vocabulary: Vocabulary; names: ReadonlyMap<string, Entity> },
): SentenceWords {
  const { api } = useSignedIn();
  const { data: flows } = useQuery({
    queryKey: ["flows", "list"],
    queryFn: ({ signal }) => listFlows(api, signal),
    enabled: runsFlows(draft),
  });
  return {
    triggers: draft.triggers,
    vocabulary,
    nameOf: (id) => names.get(id)?.name,
    eventOf: (type) => titleOf(vocabulary, type),
    flowOf: (id) => flows?.find((one) => one.id === String(id))?.definition.name,
  };
}

function runsFlows({ steps }: Draft): boolean {
  let runs = false;
  walk(steps, (step) => {
    runs ||= !isControl(step) && step.action.type === "run_flow";
  });
  return runs;
}
