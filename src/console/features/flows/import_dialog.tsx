/** A file of flows made into flows: chosen or pasted, looked at first, and made with what is given for it. */

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import { Link } from "wouter";
import { ApiError, type Fault } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { say, sayCount } from "../../words/say.ts";
import { NotConfirmed, useConfirming } from "./confirm_dialog.tsx";
import { placeInFile, readFileText } from "./draft/file_text.ts";
import { type FileMapping, importFlows, planImport } from "./files_api.ts";
import { ImportPlanView } from "./import_plan.tsx";

const NOTHING: FileMapping = { entities: {}, sources: {}, flows: {}, secrets: {} };

export function ImportDialog({ onClose }: { onClose(): void }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [mapping, setMapping] = useState(NOTHING);
  const ids = { file: useId(), text: useId() };
  const read = useMemo(() => readFileText(text), [text]);
  const file = read && "file" in read ? read.file : undefined;
  const { confirmed, dialog } = useConfirming();
  const planned = useQuery({
    // The text names the file, and is no secret; the secrets that are given stay out of it.
    queryKey: ["flow-import", text, mapping.entities, mapping.flows],
    queryFn: async () => {
      const plan = await planImport(api, file, mapping);
      const secrets = plan.flows.flatMap((flow) => flow.secrets.map(({ path }) => `${flow.id} ${path}`));
      if (secrets.length === 0) return plan;
      // What is not given now may be given later: that it lacks is no fault.
      return await planImport(api, file, { ...mapping, secrets: Object.fromEntries(secrets.map((one) => [one, ""])) });
    },
    enabled: file !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const plan = file === undefined ? undefined : planned.data;
  const make = useMutation({
    mutationFn: () => {
      const secrets = plan!.flows.flatMap((flow) => flow.secrets.map(({ path }) => `${flow.id} ${path}`));
      const given = { ...Object.fromEntries(secrets.map((one) => [one, ""])), ...mapping.secrets };
      return confirmed((token) => importFlows(api, { file, mapping: { ...mapping, secrets: given }, token }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["flows", "list"] }),
  });
  const take = (next: string) => {
    setText(next);
    setMapping(NOTHING);
    make.reset();
  };
  const map = (part: keyof FileMapping, key: string, value: string | undefined) =>
    setMapping((now) => {
      const { [key]: _, ...rest } = now[part];
      return { ...now, [part]: value === undefined ? rest : { ...rest, [key]: value } };
    });
  if (make.data) return <Made flows={make.data} onClose={onClose} />;
  const error = make.error instanceof NotConfirmed ? null : make.error ?? (planned.isError ? planned.error : null);
  const blocked = !plan
    ? say("Choose a file first")
    : !plan.ready
    ? say("What is listed as an error keeps the flows from being made")
    : make.isPending || planned.isPlaceholderData
    ? say("Working…")
    : null;
  return (
    <Dialog title={say("Import flows")} className="fl-versions" onClose={onClose}>
      {dialog}
      <div className="fl-field">
        <label htmlFor={ids.file} className="fl-label muted">{say("File of flows, as an export makes it")}</label>
        <input
          id={ids.file}
          type="file"
          accept=".json,application/json"
          onChange={({ target }) => void target.files?.[0]?.text().then(take)}
        />
      </div>
      <div className="fl-field">
        <label htmlFor={ids.text} className="fl-label muted">{say("Or its JSON, pasted")}</label>
        <textarea
          id={ids.text}
          rows={5}
          value={text}
          spellCheck={false}
          onChange={({ target }) => take(target.value)}
          aria-invalid={(read && "problem" in read) || undefined}
          aria-describedby={read && "problem" in read ? `${ids.text}-why` : undefined}
        />
        {read && "problem" in read && <span className="fault" id={`${ids.text}-why`} role="alert">{read.problem}</span>}
      </div>
      {file !== undefined && planned.isLoading && <Skeleton lines={3} label={say("Looking at the file")} />}
      {error && <Refused error={error} />}
      {plan && !planned.isError && <ImportPlanView plan={plan} mapping={mapping} onMap={map} />}
      <div className="row">
        <GuardedButton className="btn main" blocked={blocked} onClick={() => make.mutate()}>
          {plan
            ? sayCount(plan.flows.length, "Import 1 flow", "Import {count} flows", { count: plan.flows.length })
            : say("Import")}
        </GuardedButton>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}

/** Every fault, with its place in the file. */
function Refused({ error }: { error: Error }) {
  const faults: readonly Fault[] = error instanceof ApiError ? error.faults : [];
  return (
    <div className="alert bad" role="alert">
      <p>{error.message}</p>
      <ul className="fl-plain">
        {faults.map(({ path, message }, index) => (
          <li key={index}>
            <code>{placeInFile(path)}</code> {message}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Made({ flows, onClose }: { flows: readonly { id: string; name: string }[]; onClose(): void }) {
  return (
    <Dialog title={say("Import flows")} onClose={onClose}>
      <p role="status">
        {sayCount(
          flows.length,
          "1 flow made, switched off: look at each, and switch it on.",
          "{count} flows made, switched off: look at each, and switch it on.",
          { count: flows.length },
        )}
      </p>
      <ul className="fl-plain">
        {flows.map(({ id, name }) => (
          <li key={id}>
            <Link href={`/flows/${id}`}>
              <bdi>{name}</bdi>
            </Link>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
