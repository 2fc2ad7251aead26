/** The versions of a flow, on top of the editor: when and by whom each was saved, and one restored by way of the draft. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import type { Flow } from "./api.ts";
import { CompareView } from "./compare_view.tsx";
import { NotConfirmed, useConfirming } from "./confirm_dialog.tsx";
import { useEditor } from "./editor_context.tsx";
import { HistoryPanel } from "./history_panel.tsx";
import { discardDraft, publishDraft, type StoredFlow } from "./draft_api.ts";
import { type FlowDraftRow, type FlowVersion, listVersions, restoreVersion } from "./versions_api.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export interface VersionsDialogProps {
  /** As the editor knows it. */
  stored: StoredFlow;
  /** Why no version can be restored. */
  blocked: string | null;
  /** There is another draft now, or none. */
  onDraft(): void;
  /** The draft is the present version now. */
  onPublished(flow: Flow): void;
  onClose(): void;
}

export function VersionsDialog({ stored, blocked, onDraft, onPublished, onClose }: VersionsDialogProps) {
  const { api } = useSignedIn();
  const { readOnly } = useEditor();
  const flowId = stored.flow.id;
  const isEarlier = (version: number) => version < stored.flow.version;
  const queries = useQueryClient();
  const queryKey = ["flows", "versions", flowId];
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => listVersions(api, flowId, signal),
    // Somebody may have saved since it was read.
    staleTime: 0,
  });
  const { confirmed, dialog } = useConfirming();
  // Somebody else may have changed the draft since the editor was opened: nothing is published that it does not show.
  const isOther = data !== undefined && data.draft?.updatedAt.getTime() !== stored.draft?.updatedAt.getTime();
  useEffect(() => {
    if (isOther) onDraft();
  }, [isOther]);
  const reread = () => queries.invalidateQueries({ queryKey });
  const restore = useMutation({
    mutationFn: (version: number) => restoreVersion(api, flowId, version),
    onSuccess: reread,
  });
  const discard = useMutation({ mutationFn: () => discardDraft(api, flowId), onSuccess: reread });
  const publish = useMutation({
    mutationFn: () => confirmed((token) => publishDraft(api, flowId, { tag: stored.draft?.tag, token })),
    onSuccess: (flow) => {
      void reread();
      onPublished(flow);
    },
  });
  const isBusy = restore.isPending || discard.isPending || publish.isPending || isOther;
  const whyNot = blocked ?? (isBusy ? say("Working…") : null);
  const failed = [restore, discard, publish].find(({ error }) => error && !(error instanceof NotConfirmed))?.error;
  return (
    <Dialog title={say("Versions")} className="fl-versions" onClose={onClose}>
      <p className="muted">
        {say(
          "Each publication makes one; switching the flow on or off makes none. Restoring one makes it the draft, which becomes the newest version once it is published: runs in progress keep theirs.",
        )}
      </p>
      {dialog}
      {failed && <p className="fault" role="alert">{faultText(failed)}</p>}
      {data?.draft && (
        <DraftPanel
          flowId={flowId}
          draft={data.draft}
          blocked={whyNot}
          onPublish={() => publish.mutate()}
          onDiscard={() => discard.mutate()}
        />
      )}
      {data && data.versions.length > 0 && (
        <HistoryPanel
          flowId={flowId}
          versions={[stored.flow.version, ...data.versions.map(({ version }) => version).filter(isEarlier)]}
          draftStamp={stored.draft?.updatedAt.toISOString()}
          blocked={readOnly}
        />
      )}
      {error && !data && <Failure error={error} what={say("the versions")} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={4} label={say("Loading the versions")} />}
      {data && (
        <table className="cards">
          <thead>
            <tr>
              <th scope="col">{say("Version")}</th>
              <th scope="col">{say("Published")}</th>
              <th scope="col">{say("By")}</th>
              <th scope="col" className="num">{say("Runs")}</th>
              <th scope="col" className="num">{say("Failed##runs")}</th>
              <th scope="col" className="num">{say("In progress")}</th>
              <th scope="col">{say("Note")}</th>
              <th scope="col">
                <span className="visually-hidden">{say("Actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.versions.map((one) => (
              <VersionRow
                key={one.version}
                flowId={flowId}
                version={one}
                isOn={stored.flow.definition.enabled}
                blocked={whyNot ?? (data.draft ? say("Publish or discard the draft first") : null)}
                onRestore={() => restore.mutate(one.version)}
              />
            ))}
          </tbody>
        </table>
      )}
      {data && data.countedOf !== null && (
        <p className="muted">{say("Runs are counted of the newest {count} of the flow.", { count: data.countedOf })}</p>
      )}
      {data?.hasMore && <p className="muted">{say("Older versions are kept too, and not shown here.")}</p>}
    </Dialog>
  );
}

function DraftPanel(
  { flowId, draft, blocked, onPublish, onDiscard }: {
    flowId: string;
    draft: FlowDraftRow;
    blocked: string | null;
    onPublish(): void;
    onDiscard(): void;
  },
) {
  const { restoredFrom, isBehind, author, note, updatedAt } = draft;
  return (
    <section className="panel stack" aria-label={say("Draft")}>
      <div className="row">
        <p className="grow">
          <b>
            {restoredFrom === null ? say("Draft") : say("Draft: version {version} again", { version: restoredFrom })}
          </b>
          {author === null
            ? <Say text=", not published. Saved {when}" values={{ when: <When at={updatedAt} as="ago" /> }} />
            : (
              <Say
                text=", not published. Saved {when} by {author}"
                values={{ when: <When at={updatedAt} as="ago" />, author: <bdi>{author}</bdi> }}
              />
            )}
          {note !== null && (
            <>
              : <bdi>{note}</bdi>
            </>
          )}
        </p>
        <GuardedButton
          className="btn small main"
          blocked={blocked ?? (isBehind ? say("Another version was published since the draft was begun") : null)}
          onClick={onPublish}
        >
          {say("Publish")}
          <span className="visually-hidden">{say("the draft")}</span>
        </GuardedButton>
        <GuardedButton className="btn small" blocked={blocked} onClick={onDiscard}>
          {say("Discard")}
          <span className="visually-hidden">{say("the draft")}</span>
        </GuardedButton>
      </div>
      <div>
        <h2>{say("What publishing it changes")}</h2>
        <CompareView flowId={flowId} from="published" to="draft" stamp={updatedAt.toISOString()} />
      </div>
    </section>
  );
}

function VersionRow(
  { flowId, version: one, isOn, blocked, onRestore }: {
    flowId: string;
    version: FlowVersion;
    /** The flow is: its current version starts runs. */
    isOn: boolean;
    blocked: string | null;
    onRestore(): void;
  },
) {
  const [isOpen, setOpen] = useState(false);
  const { version } = one;
  const format = useFormat();
  return (
    <>
      <tr>
        <td data-label={say("Version")}>
          <span className="row">
            <span>{version}</span>
            {one.isPresent && <Tag tone={isOn ? "ok" : "idle"}>{isOn ? say("current") : say("current, off")}</Tag>}
          </span>
        </td>
        <td data-label={say("Published")}>
          <When at={one.publishedAt} as="ago" />
        </td>
        <td data-label={say("By")}>
          {one.author === null ? <span className="muted">{say("not known")}</span> : <bdi>{one.author}</bdi>}
        </td>
        <td data-label={say("Runs")} className="num">{format.number(one.runs)}</td>
        <td data-label={say("Failed##runs")} className="num">
          {one.failed === 0 ? "0" : <Tag tone="bad">{format.number(one.failed)}</Tag>}
        </td>
        <td data-label={say("In progress")} className="num">{format.number(one.inProgress)}</td>
        <td data-label={say("Note")}>
          {one.restoredFrom !== null && (
            <div>{say("Restored from version {version}", { version: one.restoredFrom })}</div>
          )}
          {one.note !== null && <bdi>{one.note}</bdi>}
        </td>
        <td data-label={say("Actions")}>
          <span className="fl-buttons">
            {version > 1 && (
              <button
                type="button"
                className="btn small"
                aria-expanded={isOpen}
                onClick={() => setOpen(!isOpen)}
              >
                {say("Changes")}
                <span className="visually-hidden">{say("of version {version}", { version })}</span>
              </button>
            )}
            {!one.isPresent && (
              <GuardedButton className="btn small" blocked={blocked} onClick={onRestore}>
                {say("Restore")}
                <span className="visually-hidden">{say("version {version}", { version })}</span>
              </GuardedButton>
            )}
          </span>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={8} data-label={say("Since version {version}", { version: version - 1 })}>
            <CompareView flowId={flowId} from={version - 1} to={version} />
          </td>
        </tr>
      )}
    </>
  );
}

function faultText(error: Error): string {
  const faults = error instanceof ApiError ? error.faults : [];
  return [error.message, ...faults.map(({ path, message }) => `${path} ${message}`)].join(". ");
}
