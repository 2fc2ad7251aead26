/** What the states of issues are called. */

import type { ReactNode } from "react";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import type { IssueState } from "./api.ts";

export const STATE_TEXTS: Record<IssueState, ReactNode> = {
  // As a state: what a button does by this word is another one in other languages.
  open: <Say text="<state>Open</state>" tags={{ state: (inner) => inner }} />,
  muted: say("Muted"),
  resolved: say("Resolved"),
};
