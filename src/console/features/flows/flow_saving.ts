/** State of the flow editor: the draft, the stored flow, saving, and conflicts with other people's changes. */

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { ApiError, type Fault } from "../../shell/client.ts";
import { createFlow, type Flow, getFlow, updateFlow } from "./api.ts";
import { NotConfirmed, useConfirming } from "./confirm_dialog.tsx";
import { type FlowDraft, useFlowDraft } from "./use_flow_draft.ts";
import { useToast } from "../../ui/toasts.tsx";
import { type Draft, draftFaults, emptyDraft, isSame, toDraft, toFlow } from "./draft/draft.ts";
import { startHistory } from "./draft/history.ts";
import { NEW_FLOW } from "./draft/unsaved.ts";
import { useSignedIn } from "../../shell/session/login.tsx";

/** Error codes that mean that somebody else changed the flow. */
const MOVED_ON = new Set(["PRECONDITION_FAILED", "CONFLICT"]);

/** What a change leaves out stays as it is stored, and goes where it is null. */
const GONE = { order_key: null, concurrency: null, debounce: null, throttle: null };

export interface FlowSaving extends Omit<FlowDraft, "history"> {
  /** The stored flow that the draft is based on; undefined for a flow that was never saved. */
  saved: Flow | undefined;
  isDirty: boolean;
  isSaving: boolean;
  /** True for changes of an earlier visit, until they are saved or discarded. */
  isBack: boolean;
  /** Faults that the last save was refused for; empty: for those that the page sees itself. */
  refused: readonly Fault[] | undefined;
  /** Of the last save, or of the flow as it was opened: what may go wrong when it runs. */
  hints: readonly Fault[];
  /** True where the hints are those of a save. */
  isJustSaved: boolean;
  closeHints(): void;
  /** The version that somebody else saved while the draft was being changed. */
  newer: Flow | undefined;
  /** What a save has to be confirmed for, while it is asked. */
  confirmation: ReactNode;
  /** `name`: of a flow that was given none. */
  save(name: string): Promise<void>;
  turn(on: boolean): Promise<void>;
  /** The draft that others may have made was published: the page shows it. */
  published(flow: Flow): void;
  /** Continues from `newer`; undo restores the draft. */
  loadTheirs(flow: Flow): void;
  /** The next save overwrites `newer`. */
  keepMine(flow: Flow): void;
  discard(): void;
}

/** `stored`: as it was read last. `onMade`: a new flow got its id. */
export function useFlowSaving(
  { stored, readOnly, onMade }: { stored: Flow | undefined; readOnly: boolean; onMade(id: string): void },
): FlowSaving {
  const { api, drafts } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [, navigate] = useLocation();
  const [kept] = useState(() => readOnly ? undefined : drafts.get(stored?.id ?? NEW_FLOW));
  const [isBack, setBack] = useState(kept !== undefined);
  const [saved, setSaved] = useState(kept ? kept.saved : stored);
  // The stored flow as the server answered it, with defaults filled in.
  const [base, setBase] = useState(() => kept?.base ?? (stored ? toDraft(stored.definition) : emptyDraft()));
  const [theirs, setTheirs] = useState<Flow>();
  const [refused, setRefused] = useState<readonly Fault[]>();
  const [hints, setHints] = useState<readonly Fault[]>(stored?.warnings ?? []);
  const [isJustSaved, setJustSaved] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const { confirmed, dialog } = useConfirming();
  const { history, ...editing } = useFlowDraft(() => kept?.history ?? startHistory(base));
  const { draft, change } = editing;

  // A saved flow is switched on or off at once, without a save.
  const isDirty = !readOnly && !isSame(draft, saved ? { ...base, enabled: draft.enabled } : base);
  const readNewer = stored && saved && stored.version > saved.version ? stored : undefined;

  const flowId = saved?.id ?? NEW_FLOW;
  useEffect(() => {
    if (isDirty) drafts.keep(flowId, { history, base, saved });
    else drafts.drop(flowId);
  }, [drafts, flowId, isDirty, history, base, saved]);

  const latest = useRef({ isDirty, isShown: true });
  latest.current.isDirty = isDirty;
  useEffect(() => {
    const state = latest.current;
    state.isShown = true;
    return () => {
      state.isShown = false;
      if (state.isDirty) toast("The flow has unsaved changes. They are kept while the console is open");
    };
  }, [toast]);

  const keep = (flow: Flow, now: Draft) => {
    setSaved(flow);
    setBase(now);
    setTheirs(undefined);
    queries.setQueryData(["flows", "one", flow.id], flow);
    void queries.invalidateQueries({ queryKey: ["flows", "list"] });
  };
  const load = (flow: Flow) => {
    const now = toDraft(flow.definition);
    keep(flow, now);
    setRefused(undefined);
    change(now);
  };
  // Switched on or off elsewhere, which makes no version: nothing of the draft is touched by it.
  const isTurned = stored && saved && stored.version === saved.version && stored.updatedAt > saved.updatedAt;
  useEffect(() => {
    if (isTurned) keep(stored, base);
  }, [isTurned, stored]);
  // Nothing was changed here: what is stored is shown.
  useEffect(() => {
    if (readNewer && !isDirty) load(readNewer);
  }, [readNewer, isDirty]);

  const report = (problem: unknown) => {
    const { message, requestId } = problem as ApiError;
    toast(`${message}${requestId ? ` (request ${requestId})` : ""}`, "bad");
  };
  const fail = async (problem: unknown) => {
    if (problem instanceof NotConfirmed) return;
    if (!(problem instanceof ApiError)) return report(problem);
    if (MOVED_ON.has(problem.code) && saved) return await getFlow(api, saved.id).then(setTheirs, report);
    if (problem.faults.length === 0) return report(problem);
    setRefused(problem.faults);
  };
  /** One request at a time: a second one would name a version that the first has already replaced. */
  const alone = async (work: () => Promise<void>) => {
    if (isSaving) return;
    setSaving(true);
    try {
      await work();
    } catch (problem) {
      await fail(problem);
    } finally {
      setSaving(false);
    }
  };
  const showHints = ({ warnings }: Flow) => {
    setHints(warnings);
    setJustSaved(true);
  };
  /** Changes typed while the request was in progress stay unsaved, on this page and after leaving it. */
  const dropSaved = (flow: Flow, asked: Draft) => {
    const now = drafts.get(flowId);
    drafts.drop(flowId);
    if (!now || now.history.present === draft || now.history.present === asked) return;
    drafts.keep(flow.id, { history: now.history, base: asked, saved: flow });
  };
  const save = async (asked: Draft) => {
    if (asked !== draft) change(asked);
    const { enabled, ...parts } = toFlow(asked);
    const flow = await confirmed((token) =>
      saved
        ? updateFlow(api, saved.id, {
          parts: { ...GONE, ...parts, triggers: parts.triggers ?? null },
          version: saved.version,
          token,
        })
        : createFlow(api, { enabled, ...parts }, token)
    );
    dropSaved(flow, asked);
    keep(flow, asked);
    setBack(false);
    setRefused(undefined);
    showHints(flow);
    toast(`Saved as version ${flow.version}${flow.definition.enabled ? "" : ". The flow is off"}`);
    if (saved || !latest.current.isShown) return;
    onMade(flow.id);
    navigate(`/flows/${flow.id}${location.search}`, { replace: true });
  };
  const turn = async (on: boolean) => {
    const flow = await updateFlow(api, saved!.id, { parts: { enabled: on } });
    if (flow.version === saved!.version) keep(flow, base);
    else if (isDirty) setTheirs(flow);
    else load(flow);
    showHints(flow);
    toast(`The flow is ${on ? "on" : "off"}${isDirty ? ", without the unsaved changes" : ""}`);
  };

  return {
    ...editing,
    saved,
    isDirty,
    isSaving,
    isBack: isBack && isDirty,
    refused,
    hints,
    isJustSaved,
    closeHints: () => setHints([]),
    confirmation: dialog,
    newer: theirs ?? (isDirty ? readNewer : undefined),
    save: async (name) => {
      if (draftFaults(draft).length > 0) return setRefused([]);
      await alone(() => save(draft.name.trim() === "" && name !== "" ? { ...draft, name } : draft));
    },
    turn: async (on) => saved ? await alone(() => turn(on)) : change({ ...draft, enabled: on }),
    published: (flow) => {
      load(flow);
      showHints(flow);
      toast(`The draft is published, as version ${flow.version}`);
    },
    loadTheirs: load,
    keepMine: (flow) => keep(flow, toDraft(flow.definition)),
    discard: () => {
      setBack(false);
      setRefused(undefined);
      if (readNewer) load(readNewer);
      else change(base);
    },
  };
}
