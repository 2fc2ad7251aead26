/** Other systems that may send events: list, new ones with their secret shown once, rotation, removal. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, type Fault } from "../../shell/client.ts";
import {
  createSource,
  deleteSource,
  listSources,
  rotateSource,
  type Source,
  type SourceWithSecret,
  switchSource,
} from "./sources_api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { OneTimeSecret } from "./one_time_secret.tsx";
import { SourceForm } from "./source_form.tsx";
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
  const changed = () => {
    // Flows and filters choose from its type too.
    void queries.invalidateQueries({ queryKey: ["vocabulary"] });
    return queries.invalidateQueries({ queryKey: ["sources"] });
  };
  const failed = (error: Error) => toast(error.message, "bad");
  const showSecret = (made: SourceWithSecret) => {
    setOpen({ kind: "secret", made });
    return changed();
  };
  const create = useMutation({
    mutationFn: (source: Parameters<typeof createSource>[1]) => createSource(api, source),
    onSuccess: showSecret,
    onError: (error) => error instanceof ApiError && error.faults.length > 0 ? setFaults(error.faults) : failed(error),
  });
  const rotate = useMutation({
    mutationFn: (source: Source) => rotateSource(api, source.id, OVERLAP_HOURS),
    onSuccess: showSecret,
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
            Create a source for GitHub, Stripe, Shopify, Slack or any system that signs its webhooks, and give it the
            address.
          </Empty>
        )
        : (
          <SourcesTable
            sources={sources.data}
            blocked={blocked}
            onRotate={(source) => setOpen({ kind: "rotate", source })}
            onRemove={(source) => setOpen({ kind: "remove", source })}
            onSwitch={(source) => toggle.mutate(source)}
          />
        )}
      {open?.kind === "new" && (
        <Dialog title="New source" onClose={() => setOpen(undefined)}>
          <SourceForm faults={faults} busy={create.isPending} onSubmit={(source) => create.mutate(source)} />
        </Dialog>
      )}
      {open?.kind === "secret" && (
        <Dialog
          title={`Secret of "${open.made.source.name}"`}
          onClose={() => setOpen(undefined)}
        >
          <OneTimeSecret url={open.made.source.url} secret={open.made.secret} />
        </Dialog>
      )}
      {open?.kind === "rotate" && (
        <Dialog
          title={`New secret for "${open.source.name}"`}
          onClose={() => setOpen(undefined)}
        >
          <p>
            The current secret stays valid for {OVERLAP_HOURS} hours. Give the sender the new one within that time.
          </p>
          <div className="row">
            <GuardedButton
              className="btn main"
              blocked={rotate.isPending ? "The secret is being created" : null}
              onClick={() => rotate.mutate(open.source)}
            >
              Create secret
            </GuardedButton>
          </div>
        </Dialog>
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
