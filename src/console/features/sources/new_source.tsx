/** A new source: its sender, how that proves itself, and what the two of them give each other. */

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, type Fault } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { say } from "../../words/say.ts";
import { createSource, type NewSource, type SourceWithSecret } from "./api.ts";
import type { Senders } from "./source_draft.ts";
import { SourceForm } from "./source_form.tsx";

export function NewSourcePane(
  { senders, blocked, onMade }: { senders: Senders; blocked: string | null; onMade(made: SourceWithSecret): void },
) {
  const { api } = useSignedIn();
  const toast = useToast();
  const [faults, setFaults] = useState<Fault[]>([]);
  const create = useMutation({
    mutationFn: (source: NewSource) => createSource(api, source),
    onSuccess: onMade,
    onError: (error) =>
      error instanceof ApiError && error.faults.length > 0 ? setFaults(error.faults) : toast(error.message, "bad"),
  });
  return (
    <>
      <h2>{say("New source")}</h2>
      {blocked === null
        ? (
          <SourceForm
            senders={senders}
            faults={faults}
            busy={create.isPending}
            onSubmit={(source) => {
              setFaults([]);
              create.mutate(source);
            }}
          />
        )
        : <p className="muted">{blocked}.</p>}
    </>
  );
}
