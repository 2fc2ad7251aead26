/** The versions of a flow, on top of the editor: when and by whom each was saved, and the restore of one. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import type { Flow } from "./api.ts";
import { NotConfirmed, useConfirming } from "./confirm_dialog.tsx";
import { type FlowVersion, listVersions, restoreVersion } from "./versions_api.ts";

export interface VersionsDialogProps {
  flowId: string;
  /** Why no version can be restored. */
  blocked: string | null;
  onRestored(flow: Flow, version: number): void;
  onClose(): void;
}

export function VersionsDialog({ flowId, blocked, onRestored, onClose }: VersionsDialogProps) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const queryKey = ["flows", "versions", flowId];
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => listVersions(api, flowId, signal),
    // Somebody may have saved since it was read.
    staleTime: 0,
  });
  const { confirmed, dialog } = useConfirming();
  const restore = useMutation({
    mutationFn: (version: number) => confirmed((token) => restoreVersion(api, flowId, { version, token })),
    onSuccess: (flow, version) => {
      void queries.invalidateQueries({ queryKey });
      onRestored(flow, version);
    },
  });
  const whyNot = blocked ?? (restore.isPending ? "Restoring…" : null);
  return (
    <Dialog title="Versions" onClose={onClose}>
      <p className="muted">
        Each save makes one; switching the flow on or off makes none. Restoring one saves it again as the newest: runs
        in progress keep theirs.
      </p>
      {dialog}
      {restore.error && !(restore.error instanceof NotConfirmed) && (
        <p className="fault" role="alert">{faultText(restore.error)}</p>
      )}
      {error && !data && <Failure error={error} what="the versions" onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={4} label="Loading the versions" />}
      {data && (
        <table className="cards">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Saved</th>
              <th scope="col">By</th>
              <th scope="col">Note</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.versions.map((one) => (
              <VersionRow
                key={one.version}
                version={one}
                blocked={whyNot}
                onRestore={() => restore.mutate(one.version)}
              />
            ))}
          </tbody>
        </table>
      )}
      {data?.hasMore && <p className="muted">Older versions are kept too, and not shown here.</p>}
    </Dialog>
  );
}

function VersionRow(
  { version: one, blocked, onRestore }: { version: FlowVersion; blocked: string | null; onRestore(): void },
) {
  return (
    <tr>
      <td data-label="Version">
        <span className="row">
          <span>{one.version}</span>
          {one.isPresent && <Tag tone="ok">current</Tag>}
        </span>
      </td>
      <td data-label="Saved">
        <When at={one.publishedAt} as="ago" />
      </td>
      <td data-label="By">
        {one.author === null ? <span className="muted">not known</span> : <bdi>{one.author}</bdi>}
      </td>
      <td data-label="Note">
        {one.restoredFrom !== null && <div>Restored from version {one.restoredFrom}</div>}
        {one.note !== null && <bdi>{one.note}</bdi>}
      </td>
      <td data-label="Actions">
        {!one.isPresent && (
          <GuardedButton className="btn small" blocked={blocked} onClick={onRestore}>
            Restore<span className="visually-hidden">version {one.version}</span>
          </GuardedButton>
        )}
      </td>
    </tr>
  );
}

function faultText(error: Error): string {
  const faults = error instanceof ApiError ? error.faults : [];
  return [error.message, ...faults.map(({ path, message }) => `${path} ${message}`)].join(". ");
}
