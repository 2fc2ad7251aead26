/** Other systems that may send events: list, new ones with their secret shown once, rotation, removal. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, type Fault } from "../../shell/client.ts";
import {
  createSource,
  deleteSource,
  listSenders,
  listSources,
  revealSecret,
  rotateSource,
  type Source,
  type SourceWithSecret,
  switchSource,
} from "./sources_api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { RotateDialog } from "./rotate_dialog.tsx";
import { SourceForm } from "./source_form.tsx";
import { SourceMade } from "./source_made.tsx";
import { SourcesTable } from "./sources_table.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";

/** How long the previous secret stays valid after a rotation. */
const OVERLAP_HOURS = 24;

type Open = { kind: "new" } | { kind: "secret"; made: SourceWithSecret } | {
  kind: "rotate" | "remove";
  source: Source;
};

export function SourcesTab() {
  const { api, session } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [open, setOpen] = useState<Open>();
  const [faults, setFaults] = useState<Fault[]>([]);
  const blocked = session.can.write ? null : session.can.reason;
  const sources = useQuery({ queryKey: ["sources"], queryFn: () => listSources(api) });
  const senders = useQuery({ queryKey: ["senders"], queryFn: () => listSenders(api), staleTime: Infinity });
  const changed = () => {
    // Flows and filters choose from its type too.
    void queries.invalidateQueries({ queryKey: ["vocabulary"] });
    return queries.invalidateQueries({ queryKey: ["sources"] });
  };
  const failed = (error: Error) => toast(error.message, "bad");
  const showSecret = (made: SourceWithSecret, isGiven = false) => {
    if (isGiven) toast("The secret was saved");
    setOpen(isGiven ? undefined : { kind: "secret", made });
    return changed();
  };
  const create = useMutation({
    mutationFn: (source: Parameters<typeof createSource>[1]) => createSource(api, source),
    onSuccess: (made) => showSecret(made),
    onError: (error) => error instanceof ApiError && error.faults.length > 0 ? setFaults(error.faults) : failed(error),
  });
  const rotate = useMutation({
    mutationFn: ({ id, secret }: { id: string; secret: string | undefined }) =>
      rotateSource(api, id, { overlapHours: OVERLAP_HOURS, secret }),
    // One that was typed in is not shown again.
    onSuccess: ({ source, secret }, { secret: given }) =>
      showSecret({ source, ...(given === undefined && { secret }) }, given !== undefined),
    onError: failed,
  });
  const reveal = useMutation({
    mutationFn: async (source: Source) => ({ source, secret: await revealSecret(api, source.id) }),
    onSuccess: (made) => showSecret(made),
    onError: failed,
  });
  const remove = useMutation({
    mutationFn: (source: Source) => deleteSource(api, source.id),
    onSuccess: () => {
      setOpen(undefined);
      toast("The source was deleted; its events are kept");
      return changed();
    },
    onError: failed,
  });
  const toggle = useMutation({
    mutationFn: (source: Source) => switchSource(api, source.id, !source.enabled),
    onSuccess: changed,
    onError: failed,
  });

  if (sources.error && !sources.data) {
    return (
      <Failure
        error={sources.error}
        what="the sources"
        onRetry={() => sources.refetch()}
      />
    );
  }
  if (!sources.data) return <Skeleton />;
  const openNew = () => {
    setFaults([]);
    setOpen({ kind: "new" });
  };
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">Webhooks of other systems. Each source has its own address and secret.</p>
        <GuardedButton className="btn main" blocked={blocked} onClick={openNew}>New source</GuardedButton>
      </div>
      {sources.data.length === 0
        ? (
          <Empty title="No other system sends events yet">
            Create a source for GitHub, Stripe, Slack, Twilio or any system that sends webhooks, and give it the
            address.
          </Empty>
        )
        : (
          <SourcesTable
            sources={sources.data}
            blocked={blocked}
            onRotate={(source) => setOpen({ kind: "rotate", source })}
            onReveal={(source) => reveal.mutate(source)}
            onRemove={(source) => setOpen({ kind: "remove", source })}
            onSwitch={(source) => toggle.mutate(source)}
          />
        )}
      {open?.kind === "new" && (
        <Dialog title="New source" onClose={() => setOpen(undefined)}>
          {senders.data
            ? (
              <SourceForm
                senders={senders.data}
                faults={faults}
                busy={create.isPending}
                onSubmit={(source) => create.mutate(source)}
              />
            )
            : senders.error
            ? <Failure error={senders.error} what="the senders" onRetry={() => senders.refetch()} />
            : <Skeleton />}
        </Dialog>
      )}
      {open?.kind === "secret" && (
        <Dialog
          title={`Source "${open.made.source.name}"`}
          onClose={() => {
            setOpen(undefined);
            void changed();
          }}
        >
          <SourceMade made={open.made} />
        </Dialog>
      )}
      {open?.kind === "rotate" && (
        <RotateDialog
          source={open.source}
          overlapHours={OVERLAP_HOURS}
          busy={rotate.isPending}
          onRotate={(secret) => rotate.mutate({ id: open.source.id, secret })}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open?.kind === "remove" && (
        <Dialog title={`Delete "${open.source.name}"`} onClose={() => setOpen(undefined)}>
          <p>Its address stops working at once. Its events and the flows that listen to it are kept.</p>
          <div className="row">
            <button
              type="button"
              className="btn danger"
              disabled={remove.isPending}
              onClick={() => remove.mutate(open.source)}
            >
              Delete the source
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
