/** Shared by all rows of the flow editor: the draft, its vocabulary, its faults, and its dry run on the sample event. */

import { createContext, useContext, useId } from "react";
import type { Fault } from "../../shell/client.ts";
import { say } from "../../words/say.ts";
import type { DryRun, DryRunAction, DryRunValue, RuleVerdict } from "./api.ts";
import type { Entity } from "./names_api.ts";
import type { Vocabulary } from "./vocabulary_api.ts";
import type { Suggestion } from "./draft/completion.ts";
import type { Draft } from "./draft/draft.ts";
import type { SentenceWords } from "./draft/sentences.ts";
import { outline } from "./draft/outline.ts";
import { faultsAt, isWithin } from "./draft/paths.ts";
import { idOf } from "./draft/tree.ts";

export interface Editor {
  draft: Draft;
  /** `field` names what is being typed in: such edits are undone together. */
  change(draft: Draft, field?: string): void;
  vocabulary: Vocabulary;
  names: ReadonlyMap<string, Entity>;
  searchEntities(type: string, text: string, signal: AbortSignal): Promise<Entity[]>;
  faults: readonly Fault[];
  /** The dry run of the draft as it was a moment ago. */
  dryRun: DryRun | undefined;
  /** Paths of the event. */
  eventPaths: readonly Suggestion[];
  /** Why nothing can be changed; null: it can. */
  readOnly: string | null;
  /** Key of the row that is open, one at most; "when" and "if" are those of the flow itself. */
  open: string | undefined;
  setOpen(key: string | undefined): void;
  /** Changes the draft, opens the row that the path lies in, and focuses its field at once: a later focus would interrupt typing. */
  addAndShow(draft: Draft, path: string, block?: ScrollLogicalPosition): void;
  /** Opens the row of the path and focuses its field. */
  show(path: string): void;
  /** What rows are said with. */
  words: SentenceWords;
}

const EditorContext = createContext<Editor | undefined>(undefined);

export const EditorProvider = EditorContext;

export function useEditor(): Editor {
  return useContext(EditorContext)!;
}

/** The faults of a place, and the attributes that tie them to its field. */
export function useFaults(place: string): { faults: Fault[]; invalid: boolean; id: string | undefined } {
  const { faults } = useEditor();
  const id = useId();
  const own = faultsAt(faults, place);
  return { faults: own, invalid: own.length > 0, id: own.length > 0 ? id : undefined };
}

export function FaultText({ faults, id }: { faults: readonly Fault[]; id: string | undefined }) {
  if (faults.length === 0) return null;
  return (
    <span className="fault" id={id}>
      {faults.map(({ path, message }) => <span key={path + message}>{message}</span>)}
    </span>
  );
}

/** Values on the sample event at `place` and below. */
export function valuesAt(dryRun: DryRun | undefined, place: string): DryRunValue[] {
  return firstItems(dryRun).flatMap(({ values }) => values.filter((value) => isWithin(value.at, place)));
}

export function waitsAt(dryRun: DryRun | undefined, place: string): string | undefined {
  return firstItems(dryRun).flatMap(({ waitsFor }) => waitsFor).find(({ at }) => at === place)?.needs;
}

/** What the dry run says of the step at the place; of one in a loop, for its first item. */
export function resultAt(dryRun: DryRun | undefined, id: string): DryRunAction | undefined {
  return firstItems(dryRun).find((one) => one.id === id);
}

function firstItems(dryRun: DryRun | undefined): DryRunAction[] {
  return dryRun?.actions.filter(({ step }) => (step?.items ?? []).every((item) => item === 0)) ?? [];
}

/** The result of the rule at `path`, if the rule was not changed since. */
export function verdictAt(
  dryRun: DryRun | undefined,
  { path, rule }: { path: string; rule: Record<string, unknown> },
): RuleVerdict | undefined {
  return dryRun?.rules.find((verdict) => verdict.path === path && verdict.field === rule.field);
}

/** `action_2_result` is "step 2", and so is `steps.make.output` of the second step. */
export function stepOfResult(needs: string, draft: Draft): string {
  const [, number] = /^action_(\d+)_result$/.exec(needs) ?? [];
  if (number !== undefined) return say("step {number}", { number });
  const [, id] = /^(?:\$\.)?steps\.([\w-]+)/.exec(needs) ?? [];
  const row = outline(draft).find(({ step }) => idOf(step) === id);
  return row ? say("step {number}", { number: row.number }) : needs;
}
