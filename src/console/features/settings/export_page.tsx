/** What is worth keeping of a workspace, as files: one of what people made and set, and the exports of the rest. */

import { useMutation } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { save } from "../../ui/save_file.ts";
import { useToast } from "../../ui/toasts.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { exportFile } from "./api.ts";

export function ExportTab() {
  const { session } = useSignedIn();
  return (
    <div className="stack">
      <section className="panel stack" aria-label={say("The workspace as one file")}>
        <h2>{say("The workspace as one file")}</h2>
        <p className="muted">
          <Say text="JSON with all flows and whether each is on, their drafts, sources, the guard, the effective settings, and saved requests: your own and the shared ones. Each part of <code>flow_files</code> is a file that the import of flows accepts. Secrets, tokens and addresses of sources are left out: they are given again where it is used." />
        </p>
        <FileButton
          label={say("Export the workspace")}
          path="/workspace-export"
          file="workspace"
          type="json"
          blocked={session.can.write ? null : session.can.reason}
        />
      </section>
      <section className="panel stack" aria-label={say("Files of their own")}>
        <h2>{say("Files of their own")}</h2>
        <p className="muted">
          <Say
            text="<a>Flows</a> are chosen and imported on their page, and <e>events</e> are exported there as filtered. The newest 10,000 changes and requests, one JSON object a line:"
            tags={{
              a: (inner) => <Link href="/flows">{inner}</Link>,
              e: (inner) => <Link href="/events">{inner}</Link>,
            }}
          />
        </p>
        <div className="row">
          <FileButton label={say("Export the journal")} path="/changes/export" file="changes" type="ndjson" />
          <FileButton label={say("Export requests to Clockify")} path="/calls/export" file="calls" type="ndjson" />
        </div>
      </section>
    </div>
  );
}

function FileButton(
  { label, path, file: name, type, blocked = null }: {
    label: string;
    path: string;
    /** The beginning of its name. */
    file: string;
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
        truncated
          ? say("Exported the newest, {size}; there are older ones", { size: size(file.size) })
          : say("Exported {size}", { size: size(file.size) }),
      );
    },
  });
  return (
    <div className="stack">
      {download.error && <p className="fault" role="alert">{download.error.message}</p>}
      <div>
        <GuardedButton
          className={type === "json" ? "btn main" : "btn"}
          blocked={blocked ?? (download.isPending ? say("Exporting…") : null)}
          onClick={() => download.mutate()}
        >
          {label}
        </GuardedButton>
      </div>
    </div>
  );
}
