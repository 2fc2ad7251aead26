/** Definitions that were changed by hand and not saved: kept while the page stays open, each with what it began from. */

import type { History } from "../../ui/history.ts";
import type { Definition } from "./draft/fields.ts";

export interface DraftState {
  definition: Definition;
  /** Its JSON as it was typed, where that was done last; while it is no JSON, the definition is the last one that was. */
  typed?: string;
}

export interface DefinitionDraft {
  history: History<DraftState>;
  base: Definition;
  /** Of the workflow as it was when the change began: a save over what somebody else saved since is refused by it. */
  tag: string;
}

const drafts = new Map<string, DefinitionDraft>();

/** `owner`: who is signed in; the next one does not see it. */
export function draftOf(owner: string, workflowId: string): DefinitionDraft | undefined {
  return drafts.get(`${owner} ${workflowId}`);
}

/** Undefined: there is none any more. */
export function keepDraft(owner: string, workflowId: string, draft: DefinitionDraft | undefined): void {
  const key = `${owner} ${workflowId}`;
  if (draft) drafts.set(key, draft);
  else drafts.delete(key);
}

// The browser asks before it leaves a page with some.
if (typeof document !== "undefined") {
  addEventListener("beforeunload", (event) => drafts.size > 0 && event.preventDefault());
}
