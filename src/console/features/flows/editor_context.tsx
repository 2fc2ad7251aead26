/** Shared by all rows of the flow editor: the draft, its vocabulary, its faults, and its dry run on the sample event. */

import { createContext, useContext, useId } from "react";
import type { Fault } from "../../shell/client.ts";
import type { DryRun, DryRunAction, DryRunValue, RuleVerdict } from "./api.ts";
import type { Entity } from "./names_api.ts";
import type { Vocabulary } from "./vocabulary_api.ts";
import type { Suggestion } from "./draft/completion.ts";
import type { Draft } from "./draft/draft.ts";
import { faultsAt, isWithin } from "./draft/paths.ts";

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
  const number = Number(/^actions\[(\d+)\]/.exec(place)?.[1] ?? -1);
  return stepsAt(dryRun, number).flatMap(({ values }) => values.filter((value) => isWithin(value.at, place)));
}

export function waitsAt(dryRun: DryRun | undefined, place: string): string | undefined {
  const number = Number(/^actions\[(\d+)\]/.exec(place)?.[1] ?? -1);
  return stepsAt(dryRun, number).flatMap(({ waitsFor }) => waitsFor).find(({ at }) => at === place)?.needs;
}

/** The step at the top of the flow with those below it; of a loop those of its first item. */
function stepsAt(dryRun: DryRun | undefined, number: number): DryRunAction[] {
  return dryRun?.actions.filter(({ index, step }) =>
    index === number && (step?.items ?? []).every((item) => item === 0)
  ) ??
    [];
}

/** The result of the rule at `path`, if the rule was not changed since. */
export function verdictAt(
  dryRun: DryRun | undefined,
  { path, rule }: { path: string; rule: Record<string, unknown> },
): RuleVerdict | undefined {
  return dryRun?.rules.find((verdict) => verdict.path === path && verdict.field === rule.field);
}

/** `action_2_result` is "step 2". */
export function stepOfResult(needs: string): string {
  const [, number] = /^action_(\d+)_result$/.exec(needs) ?? [];
  return number === undefined ? needs : `step ${number}`;
}
