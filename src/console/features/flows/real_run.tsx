/** "Run it for real on this event…": a new run of what is published, on the sample, after a look at what it repeats. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { replayEvents } from "../events/api.ts";
import { ReplayDialog } from "../events/replay_dialog.tsx";
import type { Flow } from "./api.ts";
import { useEditor } from "./editor_context.tsx";
import { say } from "../../words/say.ts";

export interface RealRunProps {
  /** As it is published; undefined for a flow that was never saved. */
  flow: Flow | undefined;
  eventId: string;
  /** The draft says something else than what is published. */
  isChanged: boolean;
}

export function RealRun({ flow, eventId, isChanged }: RealRunProps) {
  const { readOnly } = useEditor();
  const [isOpen, setOpen] = useState(false);
  return (
    <div>
      <GuardedButton
        className="btn small"
        blocked={readOnly ?? (flow ? null : say("Publish the flow first"))}
        onClick={() => setOpen(true)}
      >
        {say("Run it for real on this event…")}
      </GuardedButton>
      {flow && isOpen && (
        <RealRunDialog
          flow={flow}
          eventId={eventId}
          isChanged={isChanged}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  );
}

function RealRunDialog(
  { flow: { id, version }, eventId, isChanged, onClose }: RealRunProps & { flow: Flow; onClose(): void },
) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const wish = { flows: [id] };
  const plan = useQuery({
    queryKey: ["events", "replay", [eventId], wish],
    queryFn: () => replayEvents(api, [eventId], { dryRun: true, wish }),
    gcTime: 0,
  });
  return (
    <ReplayDialog
      title={say("Run the flow on this event")}
      about={
        <p className={isChanged ? "alert" : "muted"}>
          {isChanged
            ? say("It runs for real, as version {version} is published: what you changed since is not in it.", {
              version,
            })
            : say("It runs for real, as version {version} is published.", { version })}
        </p>
      }
      count={1}
      wish={wish}
      onWish={() => {}}
      flows={undefined}
      plan={plan.data}
      planError={plan.error}
      onAsk={() => void plan.refetch()}
      replay={async () => {
        const answer = await replayEvents(api, [eventId], { dryRun: false, wish });
        void queries.invalidateQueries({ queryKey: ["events", "one"] });
        return answer;
      }}
      runsHref={`/runs?event_id=${eventId}`}
      onClose={onClose}
    />
  );
}
