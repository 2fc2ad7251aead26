/** State of the flow editor: what is being changed, what the server has, saving and publishing, and other people's changes. */

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { ApiError, type Fault } from "../../shell/client.ts";
import { createFlow, type Flow, updateFlow } from "./api.ts";
import { NotConfirmed, useConfirming } from "./confirm_dialog.tsx";
import { definitionOf, publishDraft, readStored, saveDraft, type StoredFlow, wholeDefinition } from "./draft_api.ts";
import type { NewDraft } from "./new_draft_api.ts";
import { useNewDraft } from "./use_new_draft.ts";
import { type Undoable, useUndo } from "../../ui/use_undo.ts";
import { useToast } from "../../ui/toasts.tsx";
import { type Draft, draftFaults, emptyDraft, isSame, toDraft, toFlow } from "./draft/draft.ts";
import { startHistory } from "../../ui/history.ts";
import { NEW_FLOW } from "./draft/unsaved.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say, sayCount } from "../../words/say.ts";

/** Error codes that mean that somebody else changed the flow or its draft. */
const MOVED_ON = new Set(["PRECONDITION_FAILED", "CONFLICT"]);

/** Why something was not done; without faults: for those that the page sees itself. */
export interface Refusal {
  what: "saved" | "published";
  faults: readonly Fault[];
}

export interface FlowSaving extends Omit<Undoable<Draft>, "history"> {
  /** What the server has of it; undefined for a flow that was never saved. */
  saved: StoredFlow | undefined;
  /** Something was changed that the server does not have. */
  isDirty: boolean;
  isSaving: boolean;
  /** True for changes of an earlier visit, until they are saved or discarded. */
  isBack: boolean;
  refused: Refusal | undefined;
  /** Of the last save, or of the flow as it was opened: what may go wrong when it runs. */
  hints: readonly Fault[];
  /** True where the hints are those of a save. */
  isJustSaved: boolean;
  closeHints(): void;
  /** What somebody else saved while changes were made here. */
  newer: StoredFlow | undefined;
  /** Of one that was never saved: why the server does not keep what is shown. */
  notKept: string | undefined;
  /** What has to be confirmed, while it is asked. */
  confirmation: ReactNode;
  /** Saves the draft on the server; nothing runs by it. `name`: of a flow that was given none. */
  save(name: string): Promise<void>;
  /** Has the server's draft ready to be looked at and published; of a flow that was never saved, publishes it. True: it is ready. */
  prepare(name: string): Promise<boolean>;
  /** Publishes the server's draft. False: it was not confirmed, and may be asked for again. */
  publish(note: string): Promise<boolean>;
  turn(on: boolean): Promise<void>;
  /** Shows what keeps the draft from being published. */
  showFaults(): void;
  /** The draft that others may have made was published: the page shows it. */
  published(flow: Flow): void;
  /** Reads what the server has: shown at once where nothing was changed here. */
  reread(): Promise<void>;
  /** Continues from `newer`; undo brings back what was there. */
  loadTheirs(stored: StoredFlow): void;
  /** The next save replaces `newer`. */
  keepMine(stored: StoredFlow): void;
  /** The draft is one of the version that is published now, and says the same. */
  rebase(): Promise<void>;
  discard(): void;
}

/** `stored`: as it was read last. `begun`: what the server keeps of one that was never saved. `onMade`: a new flow got its id. */
export function useFlowSaving(
  { stored, begun, readOnly, onMade }: {
    stored: StoredFlow | undefined;
    begun: NewDraft | undefined;
    readOnly: boolean;
    onMade(id: string): void;
  },
): FlowSaving {
  const { api, drafts } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [, navigate] = useLocation();
  const [, setSearch] = useSearchParams();
  const [kept] = useState(() => {
    const one = readOnly ? undefined : drafts.get(stored?.flow.id ?? NEW_FLOW);
    return begun && one?.newDraft?.id !== begun.id ? undefined : one;
  });
  const [isBack, setBack] = useState(kept !== undefined);
  const [saved, setSaved] = useState(kept ? kept.saved : stored);
  // As the server has it, with defaults filled in.
  const [base, setBase] = useState(() => kept?.base ?? (stored ? shownOf(stored) : emptyDraft()));
  const [theirs, setTheirs] = useState<StoredFlow>();
  const [refused, setRefused] = useState<Refusal>();
  const [hints, setHints] = useState<readonly Fault[]>((stored?.draft ?? stored?.flow)?.warnings ?? []);
  const [isJustSaved, setJustSaved] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const { confirmed, dialog } = useConfirming();
  const { history, ...editing } = useUndo(() => kept?.history ?? startHistory(begun ? begunDraft(begun) : base));
  const { draft, change } = editing;

  // A saved flow is switched on or off at once, without a save.
  const isDirty = !readOnly && !isSame(draft, saved ? { ...base, enabled: draft.enabled } : base);
  // What was read before the last answer here is older than that, whatever it says.
  const outdated = useRef<StoredFlow>(undefined);
  const readNewer = stored && saved && stored !== outdated.current && isOther(stored, saved) ? stored : undefined;

  const flowId = saved?.flow.id ?? NEW_FLOW;
  const newDraft = useNewDraft(api, {
    draft,
    isWanted: isDirty && !saved,
    first: kept ? kept.newDraft : begun,
    isFresh: kept === undefined && begun !== undefined,
    onKept: (now, before) => {
      const unsaved = drafts.get(NEW_FLOW);
      if (unsaved && unsaved.newDraft?.id === before?.id) drafts.keep(NEW_FLOW, { ...unsaved, newDraft: now });
      if (!latest.current.isShown || now?.id === before?.id) return;
      setSearch((search) => {
        const { draft: _, ...others } = Object.fromEntries(search);
        return now === undefined ? others : { ...others, draft: now.id };
      }, { replace: true });
    },
  });
  const { kept: keptDraft } = newDraft;
  useEffect(() => {
    if (isDirty) drafts.keep(flowId, { history, base, saved, newDraft: keptDraft });
    else drafts.drop(flowId);
  }, [drafts, flowId, isDirty, history, base, saved, keptDraft]);

  const latest = useRef({ isDirty, stored, isShown: true });
  Object.assign(latest.current, { isDirty, stored });
  useEffect(() => {
    const state = latest.current;
    state.isShown = true;
    return () => {
      state.isShown = false;
      if (state.isDirty) toast(say("The flow has unsaved changes. They are kept while the console is open"));
    };
  }, [toast]);

  const keep = (now: StoredFlow, shown: Draft) => {
    outdated.current = latest.current.stored;
    setSaved(now);
    setBase(shown);
    setTheirs(undefined);
    const queryKey = ["flows", "one", now.flow.id];
    // A read that began before this would bring back what was before it.
    void queries.cancelQueries({ queryKey });
    queries.setQueryData(queryKey, now);
    void queries.invalidateQueries({ queryKey: ["flows", "list"] });
  };
  const load = (now: StoredFlow) => {
    const shown = shownOf(now);
    keep(now, shown);
    setRefused(undefined);
    change(shown);
  };
  // Switched on or off elsewhere, which makes no version: nothing of the draft is touched by it.
  const isTurned = stored && saved && !readNewer && stored.flow.updatedAt > saved.flow.updatedAt;
  useEffect(() => {
    if (isTurned) keep(stored, base);
  }, [isTurned, stored]);
  // Nothing was changed here: what is stored is shown.
  useEffect(() => {
    if (readNewer && !isDirty) load(readNewer);
  }, [readNewer, isDirty]);

  const report = (problem: unknown) => {
    const { message, requestId } = problem as ApiError;
    toast(requestId ? say("{message} (request {id})", { message, id: requestId }) : message, "bad");
  };
  /** Somebody else changed something: it is shown, or offered beside what was changed here. */
  const meet = async (id: string) => {
    try {
      const now = await readStored(api, id);
      if (latest.current.isDirty) return setTheirs(now);
      load(now);
      toast(say("Somebody else changed this flow meanwhile: this is how it is now. Undo brings back what was here"));
    } catch (problem) {
      report(problem);
    }
  };
  const fail = async (problem: unknown, what: Refusal["what"]) => {
    if (problem instanceof NotConfirmed) return;
    if (!(problem instanceof ApiError)) return report(problem);
    if (MOVED_ON.has(problem.code) && saved) return await meet(saved.flow.id);
    if (problem.faults.length === 0) return report(problem);
    setRefused({ what, faults: problem.faults });
  };
  /** One request at a time: a second one would name a state that the first has already replaced. False: it failed. */
  const alone = async (work: () => Promise<unknown>, what: Refusal["what"] = "saved") => {
    if (isSaving) return false;
    setSaving(true);
    try {
      await work();
      return true;
    } catch (problem) {
      await fail(problem, what);
      return false;
    } finally {
      setSaving(false);
    }
  };
  const showHints = ({ warnings }: { warnings: readonly Fault[] }) => {
    setHints(warnings);
    setJustSaved(true);
  };
  /** Changes typed while the request was in progress stay unsaved, on this page and after leaving it. */
  const dropSaved = (now: StoredFlow, asked: Draft) => {
    const unsaved = drafts.get(flowId);
    drafts.drop(flowId);
    if (!unsaved || unsaved.history.present === draft || unsaved.history.present === asked) return;
    drafts.keep(now.flow.id, { history: unsaved.history, base: asked, saved: now });
  };
  const isSaved = (now: StoredFlow, asked: Draft) => {
    dropSaved(now, asked);
    keep(now, asked);
    setBack(false);
    setRefused(undefined);
  };
  /** What the server keeps of a flow that was never saved becomes its first version. */
  const make = async (asked: Draft, enabled: boolean) => {
    const definition = { ...toFlow(asked), enabled };
    const draftId = await newDraft.end();
    const flow = await confirmed((token) =>
      createFlow(api, definition, { token, draftId }).catch((problem) => {
        const isGone = draftId !== undefined && problem instanceof ApiError && problem.code === "NOT_FOUND";
        if (!isGone) throw problem;
        // Saved in another tab it is a flow already: a second one is made only where a person wants it.
        newDraft.forget();
        throw new Error(
          say(
            "Not saved: the draft was saved as a flow, or discarded, elsewhere. Look at the list of flows; Save makes another flow of what is shown",
          ),
        );
      })
    ).catch((problem) => {
      newDraft.resume();
      throw problem;
    });
    isSaved({ flow, draft: null }, asked);
    showHints(flow);
    const { version } = flow;
    toast(
      flow.definition.enabled
        ? say("Saved as version {version}", { version })
        : say("Saved as version {version}. The flow is off", { version }),
    );
    if (!latest.current.isShown) return;
    onMade(flow.id);
    void queries.invalidateQueries({ queryKey: ["flows", "new-drafts"] });
    const search = new URLSearchParams(location.search);
    search.delete("draft");
    navigate(`/flows/${flow.id}${search.size > 0 ? `?${search}` : ""}`, { replace: true });
  };
  const store = async ({ flow, draft: before }: StoredFlow, asked: Draft, baseVersion?: number) => {
    const { enabled: _, ...definition } = toFlow(asked);
    const made = await saveDraft(api, flow.id, {
      definition,
      tag: before?.tag ?? null,
      baseVersion: baseVersion ?? before?.baseVersion ?? flow.version,
    });
    const now = { flow, draft: made };
    isSaved(now, asked);
    showHints(made);
    if (made.presentVersion !== flow.version) void meet(flow.id);
    return now;
  };
  const named = (name: string) => draft.name.trim() === "" && name !== "" ? { ...draft, name } : draft;
  const isReadable = (what: Refusal["what"]) => {
    if (draftFaults(draft).length === 0) return true;
    setRefused({ what, faults: [] });
    return false;
  };
  const turn = async (on: boolean) => {
    const { flow: before, draft: beside } = saved!;
    const flow = await updateFlow(api, before.id, { parts: { enabled: on } });
    if (flow.version === before.version) keep({ flow, draft: beside }, base);
    else if (isDirty) setTheirs({ flow, draft: beside });
    else load(await readStored(api, flow.id));
    showHints(flow);
    toast(turnedWords(on, beside !== null || isDirty));
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
    notKept: saved ? undefined : newDraft.problem,
    newer: theirs ?? (isDirty ? readNewer : undefined),
    save: async (name) => {
      if (!isReadable("saved")) return;
      const asked = named(name);
      if (asked !== draft) change(asked);
      await alone(async () => {
        // Nothing runs by a save: where it was to be on, its publication switches it on.
        if (!saved) return await make(asked, false);
        const { draft: made } = await store(saved, asked);
        const { length } = made!.faults;
        toast(
          length === 0 ? say("The draft is saved") : sayCount(
            length,
            "The draft is saved. 1 error keeps it from being published",
            "The draft is saved. {count} errors keep it from being published",
            { count: length },
          ),
        );
      });
    },
    prepare: async (name) => {
      if (!isReadable("published")) return false;
      const asked = named(name);
      if (asked !== draft) change(asked);
      let now = saved;
      const isDone = await alone(async () => {
        if (!saved) await make(asked, asked.enabled);
        else if (isDirty || asked !== draft) now = await store(saved, asked);
      }, "published");
      const faults = now?.draft?.faults ?? [];
      if (faults.length > 0) setRefused({ what: "published", faults });
      return isDone && now?.draft !== null && now !== undefined && faults.length === 0;
    },
    publish: async (note) => {
      let isOver = true;
      await alone(async () => {
        const { flow: { id }, draft: beside } = saved!;
        const flow = await confirmed((token) => publishDraft(api, id, { tag: beside!.tag, note, token })).catch(
          (problem) => {
            isOver = !(problem instanceof NotConfirmed);
            throw problem;
          },
        );
        setRefused(undefined);
        keep({ flow, draft: null }, base);
        showHints(flow);
        const { version } = flow;
        toast(
          flow.definition.enabled
            ? say("Version {version} is published", { version })
            : say("Version {version} is published. The flow is off", { version }),
        );
      }, "published");
      return isOver;
    },
    turn: async (on) => {
      if (saved) await alone(() => turn(on));
      else change({ ...draft, enabled: on });
    },
    showFaults: () => setRefused({ what: "published", faults: saved?.draft?.faults ?? [] }),
    published: (flow) => {
      load({ flow, draft: null });
      showHints(flow);
      toast(say("The draft is published, as version {version}", { version: flow.version }));
    },
    reread: () => queries.invalidateQueries({ queryKey: ["flows", "one", flowId] }),
    loadTheirs: load,
    keepMine: (now) => {
      const beside = now.draft && { ...now.draft, baseVersion: now.flow.version };
      keep({ flow: now.flow, draft: beside }, shownOf(now));
    },
    rebase: async () => {
      await alone(() => store(saved!, draft, saved!.flow.version));
    },
    discard: () => {
      setBack(false);
      setRefused(undefined);
      if (!saved) void newDraft.discard().catch(report);
      if (readNewer) load(readNewer);
      else change(base);
    },
  };
}

function turnedWords(on: boolean, isChanged: boolean): string {
  if (isChanged) {
    return on
      ? say("The flow is on, without the changes that are not published")
      : say("The flow is off, without the changes that are not published");
  }
  return on ? say("The flow is on") : say("The flow is off");
}

/** Also where it has a shape that no editor made. */
function begunDraft({ definition }: NewDraft): Draft {
  try {
    return toDraft(wholeDefinition(definition));
  } catch {
    return emptyDraft();
  }
}

/** The draft where there is one, else what is published; also where the draft has a shape that no editor made. */
function shownOf(stored: StoredFlow): Draft {
  try {
    return toDraft(definitionOf(stored));
  } catch {
    return toDraft(stored.flow.definition);
  }
}

function isOther(one: StoredFlow, other: StoredFlow): boolean {
  return one.flow.version !== other.flow.version || one.draft?.tag !== other.draft?.tag;
}
