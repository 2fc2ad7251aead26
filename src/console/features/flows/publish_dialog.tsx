/** Asks once before a draft is published: what differs in words, what it would have done, and a note for those who come later. */

import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { CompareView } from "./compare_view.tsx";
import type { StoredFlow } from "./draft_api.ts";
import { DraftHistory } from "./history_panel.tsx";
import { listVersions } from "./versions_api.ts";
import { say, sayCount } from "../../words/say.ts";

export function PublishDialog(
  { stored: { flow, draft }, isBusy, onPublish, onClose }: {
    stored: StoredFlow;
    isBusy: boolean;
    onPublish(note: string): void;
    onClose(): void;
  },
) {
  const [note, setNote] = useState("");
  const field = useId();
  const inProgress = useInProgress(flow.id);
  const format = useFormat();
  if (!draft) return null;
  const isOn = flow.definition.enabled;
  const version = flow.version + 1;
  return (
    <Dialog title={say("Publish the draft?")} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) onPublish(note.trim());
        }}
      >
        <p>
          {isOn
            ? say(
              "It becomes version {version}. What starts from then on runs by it; runs in progress keep the version that they began with.",
              { version },
            )
            : say(
              "It becomes version {version}. The flow stays off; runs in progress keep the version that they began with.",
              { version },
            )}
          {inProgress > 0 && (
            <>
              {" "}
              {sayCount(inProgress, "{count} run is in progress now.", "{count} runs are in progress now.", {
                count: format.number(inProgress),
              })}
            </>
          )}
        </p>
        <section aria-label={say("What it changes")} className="fl-field">
          <h2>{say("What it changes")}</h2>
          <CompareView flowId={flow.id} from="published" to="draft" stamp={draft.updatedAt.toISOString()} />
        </section>
        <DraftHistory
          flowId={flow.id}
          stamp={draft.updatedAt.toISOString()}
          blocked={isBusy ? say("Publishing…") : null}
        />
        <div className="fl-field">
          <label className="fl-label muted" htmlFor={field}>
            {say("Note: what was changed and why (may be empty)")}
          </label>
          <input id={field} value={note} maxLength={500} onChange={({ target }) => setNote(target.value)} />
        </div>
        <div className="row">
          <button type="submit" className="btn main" aria-disabled={isBusy || undefined}>
            {isBusy ? say("Publishing…") : say("Publish version {version}", { version })}
          </button>
          <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Runs that keep the version that they began with; 0 until that is known. */
function useInProgress(flowId: string): number {
  const { api } = useSignedIn();
  const { data } = useQuery({
    queryKey: ["flows", "versions", flowId],
    queryFn: ({ signal }) => listVersions(api, flowId, signal),
    staleTime: 0,
  });
  return data?.versions.reduce((sum, { inProgress }) => sum + inProgress, 0) ?? 0;
}
