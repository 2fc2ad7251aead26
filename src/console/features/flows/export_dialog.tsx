/** Flows of the list as one file: chosen, and downloaded. */

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { save } from "../../ui/save_file.ts";
import { useToast } from "../../ui/toasts.tsx";
import { say, sayCount } from "../../words/say.ts";
import type { FlowRow } from "./api.ts";
import { exportFlows, MAX_FILE_FLOWS } from "./files_api.ts";

export function ExportDialog(
  { flows, mayWrite, onClose }: { flows: readonly FlowRow[]; mayWrite: boolean; onClose(): void },
) {
  const { api } = useSignedIn();
  const toast = useToast();
  const format = useFormat();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() =>
    new Set(mayWrite ? flows.slice(0, MAX_FILE_FLOWS).map(({ id }) => id) : [])
  );
  const ids = flows.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const download = useMutation({
    mutationFn: () => exportFlows(api, ids),
    onSuccess: (file) => {
      save(file, ids.length === 1 ? `flow-${ids[0]}.json` : "flows.json");
      toast(sayCount(ids.length, "Exported 1 flow, {size}", "Exported {count} flows, {size}", {
        count: ids.length,
        size: format.size(file.size),
      }));
      onClose();
    },
  });
  const blocked = ids.length === 0
    ? say("Choose a flow")
    : ids.length > MAX_FILE_FLOWS
    ? say("A file holds {count} flows at most", { count: MAX_FILE_FLOWS })
    : !mayWrite && ids.length > 1
    ? say("Members export one flow at a time")
    : download.isPending
    ? say("Exporting…")
    : null;
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <Dialog title={say("Export flows")} onClose={onClose}>
      <p className="muted">
        {say("One JSON file with what runs of each. Secrets are left out: they are given again where it is imported.")}
      </p>
      {mayWrite && (
        <div className="row">
          <button type="button" className="btn small" onClick={() => setChosen(new Set(flows.map(({ id }) => id)))}>
            {say("Choose all")}
          </button>
          <button type="button" className="btn small" onClick={() => setChosen(new Set())}>{say("Choose none")}</button>
        </div>
      )}
      <ul className="fl-plain fl-choices" aria-label={say("Flows to export")}>
        {flows.map(({ id, version, definition: { name } }) => (
          <li key={id}>
            <label className="fl-check">
              <input type="checkbox" checked={chosen.has(id)} onChange={() => toggle(id)} />
              <span>
                <bdi>{name}</bdi> <span className="muted">{say("version {version}", { version })}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      {download.error && <p className="fault" role="alert">{download.error.message}</p>}
      <div className="row">
        <GuardedButton className="btn main" blocked={blocked} onClick={() => download.mutate()}>
          {sayCount(ids.length, "Export 1 flow", "Export {count} flows", { count: ids.length })}
        </GuardedButton>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}
