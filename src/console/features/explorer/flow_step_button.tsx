/** Makes a flow's step of the call, and opens the flow editor with it. */

import { useState } from "react";
import { useLocation } from "wouter";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { emptyDraft, withKeys } from "../flows/draft/draft.ts";
import { edited, startHistory } from "../../ui/history.ts";
import type { ActionJson } from "../flows/draft/json.ts";
import { appended, freeId } from "../flows/draft/steps.ts";
import { NEW_FLOW } from "../flows/draft/unsaved.ts";
import { getFlowStep } from "./api.ts";
import type { Explorer } from "./use_explorer.ts";
import { say } from "../../words/say.ts";

export function FlowStepButton({ explorer: { request } }: { explorer: Explorer }) {
  const { api, session, drafts } = useSignedIn();
  const [, navigate] = useLocation();
  const toast = useToast();
  const [isMaking, setMaking] = useState(false);
  const make = async () => {
    setMaking(true);
    try {
      const { action, warnings } = await getFlowStep(api, request!);
      const kept = drafts.get(NEW_FLOW);
      const base = kept?.base ?? emptyDraft();
      const history = kept?.history ?? startHistory(base);
      const step = { ...action, id: freeId(history.present, String(action.id)) } as ActionJson;
      let key = "";
      const minted = withKeys(history.present, (mint) => {
        key = mint();
        return {};
      });
      const next = appended(minted, [{ key, action: step }]);
      // Undo in the editor takes the step away again.
      drafts.keep(NEW_FLOW, { history: edited(history, next), base, saved: undefined });
      navigate(`/flows/${NEW_FLOW}`);
      toast(
        [say("The call is now a step of a new flow"), ...warnings.map(({ path, message }) => `${path} ${message}`)]
          .join(
            ". ",
          ),
      );
    } catch (problem) {
      toast((problem as Error).message, "bad");
      setMaking(false);
    }
  };
  const blocked = session.can.write ? (isMaking ? say("It is being made") : null) : session.can.reason;
  return (
    <GuardedButton className="btn small" blocked={blocked} onClick={() => void make()}>
      {say("Make this a flow step")}
    </GuardedButton>
  );
}
