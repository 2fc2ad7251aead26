/** The flow editor: loads the flow, its draft and the vocabulary, and saves, publishes, switches and tests the draft. */

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useParams, useSearchParams } from "wouter";
import { readStored, type StoredFlow } from "./draft_api.ts";
import { getFlow } from "./api.ts";
import { type NewDraft, readNewDraft } from "./new_draft_api.ts";
import { searchEntities } from "./names_api.ts";
import { getVocabulary, type Vocabulary } from "./vocabulary_api.ts";
import { ConditionRow } from "./condition_row.tsx";
import { EditorProvider } from "./editor_context.tsx";
import { EditorHead } from "./editor_head.tsx";
import { BehindNotice, ConflictNotice, KeptNotice } from "./editor_notices.tsx";
import { FlowCanvas } from "./flow_canvas.tsx";
import { FaultList, SavedHints, showPlace } from "./fault_list.tsx";
import "./flows.css";
import { PublishDialog } from "./publish_dialog.tsx";
import { RealRun } from "./real_run.tsx";
import { RunNowDialog } from "./run_now_dialog.tsx";
import { StepAdder } from "./step_adder.tsx";
import { StepList } from "./step_list.tsx";
import { TemplateGallery } from "./template_gallery.tsx";
import { TestPanel } from "./test_panel.tsx";
import { TriggerRow } from "./trigger_row.tsx";
import { VersionsDialog } from "./versions_dialog.tsx";
import { useFlowView } from "../../ui/canvas/use_flow_view.ts";
import { useKeptFocus } from "./use_kept_focus.ts";
import { useWords } from "./use_words.ts";
import { useDryRun, useNames, useSample } from "./use_dry_run.ts";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { type Draft, draftFaults, emptyDraft, isSame, toDraft, toFlow } from "./draft/draft.ts";
import { rowKeyAt, WHEN_ROW } from "./draft/rows.ts";
import { valueAt } from "./draft/paths.ts";
import { flowSentence } from "./draft/sentences.ts";
import { NEW_FLOW } from "./draft/unsaved.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";
import { useFlowSaving } from "./flow_saving.ts";

export function FlowEditorPage() {
  const { api, session } = useSignedIn();
  const { id = NEW_FLOW } = useParams<{ id: string }>();
  // A new flow stays in the same editor when it gets its id, with its undo history.
  const [made, setMade] = useState<string>();
  const words = useQuery({
    queryKey: ["vocabulary"],
    queryFn: ({ signal }) => getVocabulary(api, signal),
    staleTime: 300_000,
  });
  const flow = useQuery({
    queryKey: ["flows", "one", id],
    // Who may not change it reads what runs.
    queryFn: async ({ signal }): Promise<StoredFlow> =>
      session.can.write ? await readStored(api, id, signal) : { flow: await getFlow(api, id, signal), draft: null },
    enabled: id !== NEW_FLOW,
  });
  const [search] = useSearchParams();
  const [draftId] = useState(() => id === NEW_FLOW ? search.get("draft") : null);
  const begun = useQuery({
    queryKey: ["flows", "new-draft", draftId],
    queryFn: ({ signal }) => readNewDraft(api, draftId!, signal),
    enabled: id === NEW_FLOW && draftId !== null,
    // As the editor was opened: what it keeps later on it knows.
    staleTime: Infinity,
    gcTime: 0,
  });
  const isBegun = id === NEW_FLOW && draftId !== null;
  const failed = words.error
    ? words
    : flow.error && !flow.data
    ? flow
    : begun.error && begun.data === undefined
    ? begun
    : undefined;
  if (failed) {
    return (
      <div className="stack">
        <h1>{say("Flow")}</h1>
        <Failure error={failed.error} what={say("the flow")} onRetry={() => void failed.refetch()} />
      </div>
    );
  }
  if (!words.data || (id !== NEW_FLOW && !flow.data) || (isBegun && begun.data === undefined)) {
    return (
      <div className="stack">
        <h1>{say("Flow")}</h1>
        <Skeleton lines={8} label={say("Loading the flow")} />
      </div>
    );
  }
  return (
    <FlowEditor
      key={id === (made ?? NEW_FLOW) ? "made here" : id}
      stored={flow.data}
      begun={begun.data ?? undefined}
      vocabulary={words.data}
      onMade={setMade}
    />
  );
}

function FlowEditor(
  { stored, begun, vocabulary, onMade }: {
    stored: StoredFlow | undefined;
    begun: NewDraft | undefined;
    vocabulary: Vocabulary;
    onMade(id: string): void;
  },
) {
  const { api, session } = useSignedIn();
  const [search, setSearch] = useSearchParams();
  const readOnly = session.can.write ? null : session.can.reason ?? say("your role may only read");
  const flow = useFlowSaving({ stored, begun, readOnly: readOnly !== null, onMade });
  const { draft, change, saved, refused, newer } = flow;
  const [isPublishing, setPublishing] = useState(false);
  const [isVersionsOpen, setVersionsOpen] = useState(false);
  const [isRunning, setRunning] = useState(false);
  const [open, setOpen] = useState(stored ? undefined : WHEN_ROW);
  const showIn = (now: Draft, path: string, block?: ScrollLogicalPosition) => {
    flushSync(() => {
      if (now !== draft) change(now);
      const key = rowKeyAt(now, path);
      if (key) setOpen(key);
    });
    showPlace(path, block);
  };
  const [view, setView] = useFlowView();
  const faultsHeading = useRef<HTMLHeadingElement>(null);
  useKeptFocus(draft);

  const sample = useSample(api, { triggers: draft.triggers, wanted: search.get("event"), vocabulary });
  const { dryRun, error, isStale } = useDryRun(api, {
    draft,
    flowId: saved?.flow.id,
    eventId: sample.eventId,
    enabled: readOnly === null,
  });
  const names = useNames(api, { draft, dryRun });
  const words = useWords({ draft, vocabulary, names });
  // After a refused save, faults disappear as the dry run no longer reports them; without one, as their fields are changed.
  const [refusedFlow, setRefusedFlow] = useState<unknown>();
  const isAsRefused = (path: string) =>
    JSON.stringify(valueAt(toFlow(draft), path)) === JSON.stringify(valueAt(refusedFlow ?? toFlow(draft), path));
  const serverFaults = refused === undefined
    ? []
    : dryRun?.faults ?? refused.faults.filter(({ path }) => isAsRefused(path));
  const faults = [...draftFaults(draft), ...serverFaults];

  useEffect(() => {
    document.title = say("{name} · Flows · Timewire", { name: saved?.flow.definition.name ?? say("New flow") });
  }, [saved]);

  useEffect(() => {
    setRefusedFlow(refused && toFlow(draft));
    if (refused) faultsHeading.current?.focus();
  }, [refused]);

  // A new flow begins with its first question.
  useEffect(() => {
    if (!stored && readOnly === null) showPlace("trigger_event_types", "nearest");
  }, []);
  const suggested = draft.steps.length > 0 && (draft.triggers.length > 0 || draft.beside)
    ? flowSentence(draft, words)
    : "";
  const save = () => void flow.save(suggested);
  useSaveKey(save, { enabled: readOnly === null });
  const publish = async () => {
    if (await flow.prepare(suggested)) setPublishing(true);
  };
  const isBehind = saved?.draft != null && saved.draft.baseVersion < saved.flow.version;
  useEffect(() => {
    if (isBehind) setPublishing(false);
  }, [isBehind]);

  const discard = () => {
    flow.discard();
    document.getElementById("fl-name")?.focus();
  };

  return (
    <EditorProvider
      value={{
        draft,
        change,
        vocabulary,
        names,
        searchEntities: (type, text, signal) => searchEntities(api, { type, text, signal }),
        faults,
        dryRun,
        eventPaths: sample.paths,
        readOnly,
        open,
        setOpen,
        addAndShow: showIn,
        show: (path) => showIn(draft, path),
        words,
      }}
    >
      <div className="fl-page">
        <EditorHead
          saved={saved}
          isDirty={flow.isDirty}
          isSaving={flow.isSaving}
          view={view}
          onView={setView}
          undo={flow.undo}
          redo={flow.redo}
          onSave={save}
          publishBlocked={isBehind
            ? say("Version {version} was published meanwhile: look at it first", { version: saved.flow.version })
            : null}
          onPublish={() => void publish()}
          onFaults={flow.showFaults}
          suggestedName={suggested}
          onSwitch={(on) => void flow.turn(on)}
          onVersions={() => setVersionsOpen(true)}
          onRunNow={() => setRunning(true)}
        />
        {saved && isVersionsOpen && (
          <VersionsDialog
            stored={saved}
            blocked={readOnly ?? (flow.isDirty ? say("Save or discard your changes first") : null)}
            onDraft={() => void flow.reread()}
            onPublished={(published) => {
              flow.published(published);
              setVersionsOpen(false);
            }}
            onClose={() => setVersionsOpen(false)}
          />
        )}
        {saved && isPublishing && !isBehind && (
          <PublishDialog
            stored={saved}
            isBusy={flow.isSaving}
            onPublish={(note) => void flow.publish(note).then((isOver) => isOver && setPublishing(false))}
            onClose={() => setPublishing(false)}
          />
        )}
        {saved && isRunning && <RunNowDialog flow={saved.flow} onClose={() => setRunning(false)} />}
        {flow.confirmation}
        {flow.notKept !== undefined && (
          <p className="alert" role="status">
            {say("What you change is kept in this tab alone: {reason}", { reason: flow.notKept })}
          </p>
        )}
        {flow.isBack && <KeptNotice onDiscard={discard} />}
        {newer
          ? (
            <ConflictNotice
              before={saved}
              now={newer}
              onTheirs={() => flow.loadTheirs(newer)}
              onMine={() => flow.keepMine(newer)}
            />
          )
          : saved && isBehind && (
            <BehindNotice
              stored={saved}
              blocked={flow.isSaving}
              onRebase={() => void flow.rebase()}
            />
          )}
        {refused !== undefined && <FaultList faults={faults} what={refused.what} headingRef={faultsHeading} />}
        {refused === undefined && flow.hints.length > 0 && (
          <SavedHints hints={flow.hints} isJustSaved={flow.isJustSaved} onClose={flow.closeHints} />
        )}
        <div className={view === "canvas" ? "fl-editor drawn" : "fl-editor"}>
          <div className="fl-rows">
            {!saved && readOnly === null && isSame(draft, emptyDraft()) && (
              <TemplateGallery
                onFlow={(made) => {
                  change(toDraft(made));
                  setOpen(undefined);
                }}
              />
            )}
            {view === "canvas" ? <FlowCanvas /> : (
              <>
                <TriggerRow />
                <ConditionRow />
                <StepList />
                <StepAdder />
              </>
            )}
          </div>
          <TestPanel
            events={sample.events}
            chosen={sample.eventId}
            onChoose={(event) => setSearch((now) => ({ ...Object.fromEntries(now), event }), { replace: true })}
            dryRun={dryRun}
            isStale={isStale}
            names={names}
            isDrawer={view === "canvas"}
            realRun={sample.eventId !== undefined && (
              <RealRun
                flow={saved?.flow}
                eventId={sample.eventId}
                isChanged={flow.isDirty || saved?.draft != null}
              />
            )}
            instead={noDryRun({ readOnly, error, hasTriggers: draft.triggers.length > 0, sample })}
          />
        </div>
      </div>
    </EditorProvider>
  );
}

/** Ctrl+S saves, wherever the focus is; the browser would save the page. */
function useSaveKey(save: () => void, { enabled }: { enabled: boolean }) {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    if (!enabled) return;
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "s") {
        return;
      }
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) latest.current();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [enabled]);
}

function noDryRun(
  { readOnly, error, hasTriggers, sample }: {
    readOnly: string | null;
    error: Error | null;
    hasTriggers: boolean;
    sample: { isReading: boolean; eventId: string | undefined };
  },
): ReactNode {
  if (readOnly !== null) {
    return say("A test shows whole requests, so it is for admins only: {reason}", { reason: readOnly });
  }
  if (error) return say("Cannot test the draft: {reason}", { reason: error.message });
  if (sample.eventId !== undefined || sample.isReading) return say("Testing…");
  if (!hasTriggers) return say("Add an event to the flow first. The test then runs on a stored event.");
  return say("No such event has arrived yet. Trigger one in Clockify: the test then runs on it.");
}
