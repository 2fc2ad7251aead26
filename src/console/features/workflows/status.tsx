/** What states of workflows are called. */

import { Tag, type Tone } from "../../ui/tag.tsx";
import type { WorkflowStatus } from "./api.ts";
import { say } from "../../words/say.ts";

export const STATUS_WORDS: Record<WorkflowStatus, { word: string; tone: Tone; about: string }> = {
  draft: { word: say("Draft"), tone: "warn", about: say("cannot be executed yet") },
  active: { word: say("Active"), tone: "ok", about: say("can be executed") },
  inactive: { word: say("Inactive"), tone: "warn", about: say("cannot be executed now") },
  deprecated: { word: say("Deprecated"), tone: "warn", about: say("can still be executed") },
  archived: { word: say("Archived"), tone: "idle", about: say("kept to be looked at") },
  deleted: { word: say("Deleted"), tone: "idle", about: say("its runs stay") },
};

export function StatusTag({ status }: { status: WorkflowStatus }) {
  const { word, tone, about } = STATUS_WORDS[status];
  return <Tag tone={tone} title={about}>{word}</Tag>;
}
