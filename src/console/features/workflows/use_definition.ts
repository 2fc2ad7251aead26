/** The definition of a workflow as it is being changed: one draft of list, canvas, forms and JSON, and its saving. */

import { useMutation } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { ApiError, type Fault } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { startHistory } from "../../ui/history.ts";
import { useToast } from "../../ui/toasts.tsx";
import { unparsedFaults, withTexts } from "../../ui/unparsed_json.ts";
import { useUndo } from "../../ui/use_undo.ts";
import { say } from "../../words/say.ts";
import { updateWorkflow, type Workflow, type WorkflowPatch } from "./api.ts";
import { draftOf, type DraftState, keepDraft } from "./definition_drafts.ts";
import { type Definition, isFields } from "./draft/fields.ts";
import { definitionText, faultsLeft, inOrder } from "./draft/text.ts";
import { readJson } from "./json_places.ts";

export interface DefinitionEditing {
  definition: Definition;
  text: string;
  /** What is wrong with the text while it is no JSON: nothing else can be changed then. */
  broken: { line: number; message: string } | undefined;
  isDirty: boolean;
  isSaving: boolean;
  /** Why nothing can be changed; null: it can. */
  readOnly: string | null;
  /** Of the last save, as far as they still hold. */
  faults: readonly Fault[];
  /** Why the last save was refused, where no fault says it. */
  error: Error | undefined;
  change(definition: Definition, field?: string): void;
  changeText(text: string): void;
  undo: (() => void) | undefined;
  redo: (() => void) | undefined;
  save(extra?: WorkflowPatch): void;
  /** Back to what is saved; undo brings it back. */
  discard(): void;
}

/** `tag`: of the workflow as it is shown. */
export function useDefinition(
  { workflow, tag, onSaved }: { workflow: Workflow; tag: string; onSaved(): void },
): DefinitionEditing {
  const { api, caller, refusal } = useApiSession();
  const toast = useToast();
  const owner = `${caller.kind} ${caller.name}`;
  const stored = useMemo(() => definitionOf(workflow), [workflow]);
  const [kept] = useState(() => draftOf(owner, workflow.id));
  const [base, setBase] = useState({ definition: kept?.base ?? stored, tag: kept?.tag ?? tag });
  const { draft, history, change, undo, redo } = useUndo<DraftState>(() =>
    kept?.history ?? startHistory({ definition: stored })
  );
  const { definition, typed } = draft;
  const text = typed ?? definitionText(definition);
  const isDirty = text !== definitionText(base.definition);
  const read = typed === undefined ? undefined : readJson(typed);
  const broken = read === undefined || ("value" in read && isFields(read.value))
    ? undefined
    : "line" in read
    ? read
    : { line: 1, message: say("A definition is an object") };
  const [refused, setRefused] = useState<{ faults: readonly Fault[]; definition: Definition }>();
  useEffect(() => {
    keepDraft(owner, workflow.id, isDirty ? { history, base: base.definition, tag: base.tag } : undefined);
  }, [history, isDirty, base]);
  const [savedAt, setSavedAt] = useState<string>();
  // What somebody else saved is shown at once where nothing was changed here; what was saved here is what changes begin from.
  useEffect(() => {
    if (tag === base.tag || (isDirty && workflow.updated_at !== savedAt)) return;
    setBase({ definition: stored, tag });
    if (!isDirty && text !== definitionText(stored)) change({ definition: stored });
  }, [tag, isDirty]);
  const saving = useMutation({
    mutationFn: (patch: WorkflowPatch) => updateWorkflow(api, workflow.id, patch, base.tag),
    onSuccess: (saved) => {
      setRefused(undefined);
      // The tag comes with what is read again: until then it is that of the change.
      setBase({ definition: definitionOf(saved), tag: base.tag });
      setSavedAt(saved.updated_at);
      if (definitionText(definitionOf(saved)) !== text) change({ definition: definitionOf(saved) });
      toast(
        saved.version === workflow.version
          ? say("Saved")
          : say("Saved as version {version}; runs in progress keep theirs", { version: saved.version }),
      );
      onSaved();
    },
    onError: (error) => setRefused({ faults: error instanceof ApiError ? error.faults : [], definition }),
  });
  const readOnly = refusal("editor") ?? (workflow.status === "deleted" ? say("It was deleted") : null);
  return {
    definition,
    text,
    broken,
    isDirty,
    isSaving: saving.isPending,
    readOnly: readOnly ?? null,
    faults: refused ? faultsLeft(refused.faults, refused.definition, definition) : [],
    error: saving.error && refused?.faults.length === 0 ? saving.error : undefined,
    change: (next, field) => change({ definition: next }, field),
    changeText: (next) => {
      const value = readJson(next);
      const isGood = "value" in value && isFields(value.value);
      change({ definition: isGood ? value.value as Definition : definition, typed: next }, "text");
    },
    undo,
    redo,
    save: (extra = {}) => {
      if (saving.isPending || broken || readOnly) return;
      saving.reset();
      const unfinished = unparsedFaults(definition, "");
      setRefused(unfinished.length > 0 ? { faults: unfinished, definition } : undefined);
      if (unfinished.length > 0) return;
      saving.mutate({ ...(isDirty && withTexts(definition) as object), ...extra } as WorkflowPatch);
    },
    discard: () => {
      saving.reset();
      setRefused(undefined);
      setBase({ definition: stored, tag });
      change({ definition: stored });
    },
  };
}

function definitionOf({ workflow_data: { start_step, steps, input_schema } }: Workflow): Definition {
  return inOrder({ start_step, steps, input_schema });
}
