/** What is worth keeping of a workspace, as files: one of what people made and set, and the exports of the rest. */

import { useMutation } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { save } from "../../ui/save_file.ts";
import { useToast } from "../../ui/toasts.tsx";
import { exportFile } from "./api.ts";

export function ExportTab() {
  const { session } = useSignedIn();
  return (
    <div className="stack">
      <section className="panel stack" aria-label="The workspace as one file">
        <h2>The workspace as one file</h2>
        <p className="muted">
          JSON with all flows and whether each is on, their drafts, sources, the guard, the effective settings, and
          saved requests: your own and the shared ones. Each part of <code>flow_files</code>{" "}
          is a file that the import of flows accepts. Secrets, tokens and addresses of sources are left out: they are
          given again where it is used.
        </p>
        <FileButton
          label="Export the workspace"
          path="/workspace-export"
          name="workspace"
          type="json"
          blocked={session.can.write ? null : session.can.reason}
        />
      </section>
      <section className="panel stack" aria-label="Files of their own">
        <h2>Files of their own</h2>
        <p className="muted">
          <Link href="/flows">Flows</Link> are chosen and imported on their page, and <Link href="/events">events</Link>
          {" "}
          are exported there as filtered. The newest 10,000 changes and requests, one JSON object a line:
        </p>
        <div className="row">
          <FileButton label="Export the journal" path="/changes/export" name="changes" type="ndjson" />
          <FileButton label="Export requests to Clockify" path="/calls/export" name="calls" type="ndjson" />
        </div>
      </section>
    </div>
  );
}

function FileButton(
  { label, path, name, type, blocked = null }: {
    label: string;
    path: string;
    name: string;
    type: "json" | "ndjson";
    blocked?: string | null;
  },
) {
  const { api, session } = useSignedIn();
  const toast = useToast();
  const { size } = useFormat();
  const download = useMutation({
    mutationFn: () => exportFile(api, path),
    onSuccess: ({ file, truncated }) => {
      save(file, `${name}-${session.workspace.id}.${type}`);
      toast(
        truncated ? `Exported the newest, ${size(file.size)}; there are older ones` : `Exported ${size(file.size)}`,
      );
    },
  });
  return (
    <div className="stack">
      {download.error && <p className="fault" role="alert">{download.error.message}</p>}
      <div>
        <GuardedButton
          className={type === "json" ? "btn main" : "btn"}
          blocked={blocked ?? (download.isPending ? "Exporting…" : null)}
          onClick={() => download.mutate()}
        >
          {label}
        </GuardedButton>
      </div>
    </div>
  );
}
