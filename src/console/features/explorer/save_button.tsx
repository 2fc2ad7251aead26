/** Keeps the call under a name, for oneself or for the workspace. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { saveCall } from "./api.ts";
import type { Explorer } from "./use_explorer.ts";
import { say } from "../../words/say.ts";

export function SaveButton({ explorer: { request, operation } }: { explorer: Explorer }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const [problem, setProblem] = useState<string>();
  const save = async () => {
    try {
      await saveCall(api, { name, shared, request: request! });
      setOpen(false);
      toast(say("{name} is saved", { name }));
      await queries.invalidateQueries({ queryKey: ["explorer", "saved"] });
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <>
      <button
        type="button"
        className="btn small"
        onClick={() => {
          setName(operation!.summary.slice(0, 120));
          setProblem(undefined);
          setOpen(true);
        }}
      >
        {say("Save…")}
      </button>
      {isOpen && (
        <Dialog title={say("Save the call")} onClose={() => setOpen(false)}>
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            <label className="field">
              <span>{say("Name")}</span>
              <input value={name} maxLength={120} required onChange={({ target }) => setName(target.value)} />
            </label>
            <label className="row">
              <input type="checkbox" checked={shared} onChange={({ target }) => setShared(target.checked)} />
              {say("Everyone in the workspace sees it")}
            </label>
            <p className="muted">{say("Secret fields are not stored.")}</p>
            {problem !== undefined && <p className="fault" role="alert">{problem}</p>}
            <div className="row">
              <button type="submit" className="btn main">{say("Save")}</button>
              <button type="button" className="btn" onClick={() => setOpen(false)}>{say("Cancel")}</button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
