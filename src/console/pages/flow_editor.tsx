/** The flow editor: reads the flow and its words, and saves, switches and tests what is drafted. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useLocation, useParams, useSearchParams } from "wouter";
import { ApiError, type Fault } from "../api/client.ts";
import { createFlow, type Flow, getFlow, updateFlow } from "../api/flows.ts";
import { searchEntities } from "../api/names.ts";
import { getVocabulary, type Vocabulary } from "../api/vocabulary.ts";
import { ActionRow } from "../components/flows/action_row.tsx";
import { ConditionRow, useKeptFocus } from "../components/flows/condition_row.tsx";
import { EditorProvider } from "../components/flows/editor_context.tsx";
import { ConflictNotice, EditorHead } from "../components/flows/editor_head.tsx";
import { FaultList } from "../components/flows/fault_list.tsx";
import "../components/flows/flows.css";
import { LeaveGuard } from "../components/flows/leave_guard.tsx";
import { StepAdder } from "../components/flows/step_adder.tsx";
import { TestPanel } from "../components/flows/test_panel.tsx";
import { TriggerRow } from "../components/flows/trigger_row.tsx";
import { useFlowDraft } from "../components/flows/use_flow_draft.ts";
import { useNames, useSample, useTrial } from "../components/flows/use_trial.ts";
import { Failure, Skeleton } from "../components/states.tsx";
import { useToast } from "../components/toasts.tsx";
import { draftFaults, emptyDraft, isSame, toDraft, toFlow } from "../flow_draft/draft.ts";
import { useSignedIn } from "../session/login.tsx";

const NEW = "new";

/** Somebody else changed the flow: before our request, or at the same moment. */
const MOVED_ON = new Set(["PRECONDITION_FAILED", "CONFLICT"]);

export function FlowEditorPage() {
  const { api } = useSignedIn();
  const { id = NEW } = useParams<{ id: string }>();
  // A flow that was made here stays in the editor it was made in.
  const [made, setMade] = useState<string>();
  const words = useQuery({
    queryKey: ["vocabulary"],
    queryFn: ({ signal }) => getVocabulary(api, signal),
    staleTime: 300_000,
  });
  const flow = useQuery({
    queryKey: ["flows", "one", id],
    queryFn: ({ signal }) => getFlow(api, id, signal),
    enabled: id !== NEW,
  });
  const failed = words.error ? words : flow.error && !flow.data ? flow : undefined;
  if (failed) {
    return (
      <div className="stack">
        <h1>Flow</h1>
        <Failure error={failed.error} what="the flow" onRetry={() => void failed.refetch()} />
      </div>
    );
  }
  if (!words.data || (id !== NEW && !flow.data)) {
    return (
      <div className="stack">
        <h1>Flow</h1>
        <Skeleton lines={8} label="Reading the flow" />
      </div>
    );
  }
  return <FlowEditor key={id === made ? NEW : id} stored={flow.data} vocabulary={words.data} onMade={setMade} />;
}

function FlowEditor(
  { stored, vocabulary, onMade }: { stored: Flow | undefined; vocabulary: Vocabulary; onMade(id: string): void },
) {
  const { api, session } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [, navigate] = useLocation();
  const [search, setSearch] = useSearchParams();
  const [saved, setSaved] = useState(stored);
  // What the saved flow is in the words of this page: the server may have filled in what was left out.
  const [base, setBase] = useState(() => stored ? toDraft(stored.definition) : emptyDraft());
  const [theirs, setTheirs] = useState<Flow>();
  const [refused, setRefused] = useState<readonly Fault[]>();
  const [isSaving, setSaving] = useState(false);
  const { draft, change, undo, redo } = useFlowDraft(() => base);
  const faultsHeading = useRef<HTMLHeadingElement>(null);
  useKeptFocus(draft);

  const readOnly = session.can.write ? null : session.can.reason ?? "your role may only read";
  // A saved flow is switched by itself.
  const isDirty = readOnly === null && !isSame(draft, saved ? { ...base, enabled: draft.enabled } : base);
  const sample = useSample(api, { triggers: draft.triggers, wanted: search.get("event"), vocabulary });
  const { trial, error, isStale } = useTrial(api, {
    draft,
    flowId: saved?.id,
    eventId: sample.eventId,
    enabled: readOnly === null,
  });
  const names = useNames(api, { draft, trial });
  // Once saving was refused, faults go as they are mended.
  const serverFaults = refused === undefined ? [] : trial?.faults ?? refused;
  const faults = [...draftFaults(draft), ...serverFaults];
  const newer = theirs ?? (stored && saved && stored.version > saved.version ? stored : undefined);

  useEffect(() => {
    document.title = `${saved?.definition.name ?? "New flow"} · Flows · Timewire`;
  }, [saved]);

  useEffect(() => {
    if (refused) faultsHeading.current?.focus();
  }, [refused]);

  const keep = (flow: Flow, now = toDraft(flow.definition)) => {
    setSaved(flow);
    setBase(now);
    setTheirs(undefined);
    queries.setQueryData(["flows", "one", flow.id], flow);
    void queries.invalidateQueries({ queryKey: ["flows", "list"] });
  };
  const fail = async (problem: unknown) => {
    if (!(problem instanceof ApiError)) throw problem;
    if (MOVED_ON.has(problem.code) && saved) return setTheirs(await getFlow(api, saved.id));
    if (problem.faults.length === 0) {
      return toast(`${problem.message}${problem.requestId ? ` (request ${problem.requestId})` : ""}`, "bad");
    }
    setRefused(problem.faults);
  };
  /** True when it was saved. */
  const save = async (): Promise<boolean> => {
    if (isSaving) return false;
    if (draftFaults(draft).length > 0) {
      setRefused([]);
      return false;
    }
    setSaving(true);
    try {
      const { enabled, ...parts } = toFlow(draft);
      const flow = saved
        ? await updateFlow(api, saved.id, { parts, version: saved.version })
        : await createFlow(api, { enabled, ...parts });
      keep(flow, draft);
      setRefused(undefined);
      toast(`Saved as version ${flow.version}${flow.definition.enabled ? "" : ". It is off until it is switched on"}`);
      if (!saved) {
        onMade(flow.id);
        navigate(`/flows/${flow.id}${location.search}`, { replace: true });
      }
      return true;
    } catch (problem) {
      await fail(problem);
      return false;
    } finally {
      setSaving(false);
    }
  };
  const turn = async (on: boolean) => {
    if (!saved) return change({ ...draft, enabled: on });
    try {
      const flow = await updateFlow(api, saved.id, { parts: { enabled: on } });
      if (flow.version === saved.version + 1) keep(flow, base);
      else setTheirs(flow);
      toast(`The flow is ${on ? "on" : "off"}${isDirty ? ", without the changes that are not saved" : ""}`);
    } catch (problem) {
      await fail(problem);
    }
  };
  const loadTheirs = (flow: Flow) => {
    keep(flow);
    setRefused(undefined);
    change(toDraft(flow.definition));
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
        trial,
        eventPaths: sample.paths,
        readOnly,
      }}
    >
      <LeaveGuard active={isDirty} onSave={save} />
      <div className="stack">
        <EditorHead
          saved={saved}
          isDirty={isDirty}
          isSaving={isSaving}
          undo={undo}
          redo={redo}
          onSave={() => void save()}
          onSwitch={(on) => void turn(on)}
        />
        {newer && (
          <ConflictNotice
            version={newer.version}
            onTheirs={() => loadTheirs(newer)}
            onMine={() => keep(newer)}
          />
        )}
        {refused !== undefined && <FaultList faults={faults} headingRef={faultsHeading} />}
        <div className="fl-editor">
          <div className="fl-rows">
            <TriggerRow />
            <ConditionRow />
            {draft.steps.map((step, index) => <ActionRow key={step.key} step={step} index={index} />)}
            <StepAdder />
          </div>
          <TestPanel
            events={sample.events}
            chosen={sample.eventId}
            onChoose={(event) => setSearch((now) => ({ ...Object.fromEntries(now), event }), { replace: true })}
            trial={trial}
            isStale={isStale}
            names={names}
            instead={noTrial({ readOnly, error, hasTriggers: draft.triggers.length > 0, sample })}
          />
        </div>
      </div>
    </EditorProvider>
  );
}

function noTrial(
  { readOnly, error, hasTriggers, sample }: {
    readOnly: string | null;
    error: Error | null;
    hasTriggers: boolean;
    sample: { isReading: boolean; eventId: string | undefined };
  },
): ReactNode {
  if (readOnly !== null) return `A test shows whole requests, so it is for admins: ${readOnly}`;
  if (error) return `Cannot test the draft: ${error.message}`;
  if (sample.eventId !== undefined || sample.isReading) return "Testing…";
  if (!hasTriggers) return "Choose an event first: then what the flow would do with a stored one is shown here.";
  return "No event of these types has arrived yet. The test begins with the first one.";
}
