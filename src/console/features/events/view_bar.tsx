/** The saved views of the workspace: each opens its filter; the present filter is saved as one, renamed and removed. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { type EventFilter, fromView, isFiltered, isView, toView } from "./filter.ts";
import { type EventView, listViews, removeView, saveView } from "./views_api.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

const KEY = ["events", "views"];
/** As the server bounds it. */
const MAX_NAME = 80;

export interface ViewBarProps {
  filter: EventFilter;
  onOpen(filter: EventFilter): void;
}

type Asked = "save" | "rename" | "remove";

export function ViewBar({ filter, onOpen }: ViewBarProps) {
  const { api, session } = useSignedIn();
  const [asked, setAsked] = useState<Asked>();
  const views = useQuery({ queryKey: KEY, queryFn: ({ signal }) => listViews(api, signal), staleTime: 60_000 });
  const listed = views.data ?? [];
  const present = listed.find((view) => isView(filter, view.filter));
  const blocked = session.can.write ? null : session.can.reason;
  const close = () => setAsked(undefined);
  if (listed.length === 0 && !isFiltered(filter)) return null;
  const button = (label: string, wish: Asked) => (
    <GuardedButton
      className="btn plain small"
      blocked={blocked}
      onClick={() => setAsked(wish)}
    >
      {label}
    </GuardedButton>
  );
  return (
    <div className="row event-views" role="group" aria-label={say("Saved views")}>
      {listed.map((view) => (
        <button
          key={view.id}
          type="button"
          className="btn small"
          aria-pressed={view === present}
          onClick={() => onOpen(fromView(view.filter))}
        >
          <bdi>{view.name}</bdi>
        </button>
      ))}
      {present
        ? (
          <>
            {button(say("Rename view…"), "rename")}
            {button(say("Remove view…"), "remove")}
          </>
        )
        : isFiltered(filter) && button(say("Save view…"), "save")}
      {asked === "save" && <NameDialog filter={filter} onClose={close} />}
      {asked === "rename" && present && <NameDialog filter={filter} view={present} onClose={close} />}
      {asked === "remove" && present && <RemoveDialog view={present} onClose={close} />}
    </div>
  );
}

function NameDialog({ filter, view, onClose }: { filter: EventFilter; view?: EventView; onClose(): void }) {
  const { api } = useSignedIn();
  const [name, setName] = useState(view?.name ?? "");
  const { run, problem, isBusy } = useChange(
    () => saveView(api, { name, filter: view?.filter ?? toView(filter) }, view?.id),
    { done: say("View {name} is saved", { name }), onClose },
  );
  return (
    <Dialog title={view ? say("Rename the view") : say("Save the view")} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <label className="field">
          <span>{say("Name")}</span>
          <input
            data-focus
            value={name}
            maxLength={MAX_NAME}
            required
            onChange={({ target }) => setName(target.value)}
          />
        </label>
        {!view && (
          <p className="muted">{say("Everyone in the workspace sees it: it keeps the filters and the search.")}</p>
        )}
        {problem !== undefined && <p className="fault" role="alert">{problem}.</p>}
        <div className="row">
          <button type="submit" className="btn main" disabled={isBusy}>{say("Save")}</button>
          <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

function RemoveDialog({ view: { id, name }, onClose }: { view: EventView; onClose(): void }) {
  const { api } = useSignedIn();
  const { run, problem, isBusy } = useChange(() => removeView(api, id), {
    done: say("View {name} is removed", { name }),
    onClose,
  });
  return (
    <Dialog title={say("Remove the view")} onClose={onClose}>
      <p>
        <Say
          text="{name} is removed for everyone in the workspace. No event is deleted."
          values={{ name: <bdi>{name}</bdi> }}
        />
      </p>
      {problem !== undefined && <p className="fault" role="alert">{problem}.</p>}
      <div className="row">
        <button type="button" className="btn danger" data-focus disabled={isBusy} onClick={() => void run()}>
          {say("Remove")}
        </button>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}

/** A change that closes the dialog once it is made, or says why it was not. */
function useChange(change: () => Promise<unknown>, { done, onClose }: { done: string; onClose(): void }) {
  const queries = useQueryClient();
  const toast = useToast();
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      await change();
      await queries.invalidateQueries({ queryKey: KEY });
      toast(done);
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  return { run, problem, isBusy };
}
