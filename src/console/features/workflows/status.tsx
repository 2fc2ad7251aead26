/** What states of workflows are called. */

import { Tag, type Tone } from "../../ui/tag.tsx";
import type { WorkflowStatus } from "./api.ts";

export const STATUS_WORDS: Record<WorkflowStatus, { word: string; tone: Tone; about: string }> = {
  draft: { word: "Draft", tone: "warn", about: "cannot be executed yet" },
  active: { word: "Active", tone: "ok", about: "can be executed" },
  inactive: { word: "Inactive", tone: "warn", about: "cannot be executed now" },
  deprecated: { word: "Deprecated", tone: "warn", about: "can still be executed" },
  archived: { word: "Archived", tone: "idle", about: "kept to be looked at" },
  deleted: { word: "Deleted", tone: "idle", about: "its runs stay" },
};

export function StatusTag({ status }: { status: WorkflowStatus }) {
  const { word, tone, about } = STATUS_WORDS[status];
  return <Tag tone={tone} title={about}>{word}</Tag>;
}
