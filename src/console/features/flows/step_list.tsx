/** The steps of a list as rows, each with the lists below it, and a way to add one more at the end. */

import { useState } from "react";
import { flushSync } from "react-dom";
import { emptyWords, toneOf } from "./draft/canvas_tree.ts";
import { faultsOfRow, outline, type Row, rowOf } from "./draft/outline.ts";
import { IF_ROW } from "./draft/rows.ts";
import { laneName, sentenceOf } from "./draft/sentences.ts";
import { duplicateStep, moveIn, moveOut, moveStep, removeStep } from "./draft/steps.ts";
import { type ControlStep, isControl, type Lane, lanePath } from "./draft/tree.ts";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";
import { saidWords } from "./draft/said.ts";
import { useToast } from "../../ui/toasts.tsx";
import { ActionFields } from "./action_form.tsx";
import { ControlFields } from "./control_fields.tsx";
import { type Editor, resultAt, useEditor } from "./editor_context.tsx";
import type { RowActions } from "../../ui/row_actions.tsx";
import { RowFrame } from "./row_frame.tsx";
import { StepAdder } from "./step_adder.tsx";
import { say } from "../../words/say.ts";

/** The rows that stand in `lane`, or at the top where it is undefined. */
export function StepList({ lane }: { lane?: string }) {
  const { draft } = useEditor();
  const rows = outline(draft).filter((row) => row.lane?.key === lane);
  return <>{rows.map((row) => <StepRow key={row.step.key} row={row} />)}</>;
}

/** `isAlone`: without the lists below it. */
export function StepRow({ row, isAlone = false }: { row: Row; isAlone?: boolean }) {
  const actionsOf = useActionsOf();
  const { draft, words, faults, dryRun } = useEditor();
  const { step, number, place } = row;
  const id = isControl(step) ? step.control.id : step.action.id;
  const outcome = resultAt(dryRun, id);
  const note = outcome?.problem
    ? <Tag tone="bad">{say("would fail on the sample")}</Tag>
    : isControl(step) && outcome?.step?.says
    ? <OnSample step={step} says={outcome.step.says} />
    : undefined;
  return (
    <RowFrame
      rowKey={step.key}
      mark={String(number)}
      tone={toneOf(step)}
      label={say("step {number}", { number })}
      title={sentenceOf(step, words)}
      note={note}
      actions={actionsOf(row)}
      place={place}
      faults={faultsOfRow(draft, row, faults)}
      below={!isAlone && isControl(step) && step.lanes.length > 0 && (
        <div className="fl-lanes">{step.lanes.map((lane) => <LaneRows key={lane.key} row={row} lane={lane} />)}</div>
      )}
    >
      {isControl(step) ? <ControlFields step={step} place={place} /> : <ActionFields step={step} place={place} />}
    </RowFrame>
  );
}

/** What the step does on the sample: long sentences are in the test beside. */
function OnSample({ step, says }: { step: ControlStep; says: string }) {
  const { words } = useEditor();
  const format = useFormat();
  const { kind } = step.control;
  if ((kind === "wait" || kind === "approval") && says.startsWith("would")) {
    return <Tag tone="wait">{say("would wait")}</Tag>;
  }
  return <small className="muted">{saidWords(says, { nameOf: words.nameOf, time: format.dateTime })}</small>;
}

/** What can be done to each row. */
export function useActionsOf(): (row: Row) => RowActions {
  const editor = useEditor();
  const toast = useToast();
  return (row) => actionsOf(row, { editor, toast });
}

function actionsOf(
  row: Row,
  { editor: { draft, change, open, setOpen }, toast }: { editor: Editor; toast(text: string): void },
): RowActions {
  const { step: { key }, number, siblings, index, parent } = row;
  const move = (next: typeof draft) => {
    const had = (document.activeElement as HTMLElement | null)?.dataset.row;
    flushSync(() => change(next));
    // A row that comes into another list is drawn there from its beginning.
    if (had === key || document.activeElement === document.body) lineOf(key)?.focus();
    const now = rowOf(next, key);
    if (now) {
      toast(
        say("Step {number} is now step {now} of {count}", { number, now: now.number, count: outline(next).length }),
      );
    }
  };
  const before = siblings[index - 1];
  return {
    name: say("step {number}", { number }),
    ...((index > 0 || parent) && { up: () => move(moveStep(draft, key, -1)) }),
    ...((index < siblings.length - 1 || parent) && { down: () => move(moveStep(draft, key, 1)) }),
    ...(parent && { out: () => move(moveOut(draft, key)) }),
    ...(before && isControl(before) && before.lanes.length > 0 && { into: () => move(moveIn(draft, key)) }),
    duplicate: () => {
      const next = duplicateStep(draft, key);
      change(next);
      const copy = rowOf(next, key);
      const made = copy?.siblings[copy.index + 1]?.key;
      if (made && open === key) setOpen(made);
    },
    remove: () => {
      const next = removeStep(draft, key);
      const rest = outline(next);
      flushSync(() => change(next));
      toast(say("The step was removed. Undo restores it"));
      const target = rest[Math.min(number - 1, rest.length - 1)];
      (target ? lineOf(target.step.key) : document.getElementById("fl-add-step") ?? lineOf(IF_ROW))?.focus();
    },
  };
}

/** The line of a row, or its step on the canvas. */
export function lineOf(key: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-row="${key}"]`);
}

/** A list below a step: its name, its rows, and what adds one. */
function LaneRows({ row, lane }: { row: Row; lane: Lane }) {
  const { words } = useEditor();
  const step = row.step as ControlStep;
  const name = laneName(step, lane, words);
  return (
    <div
      className={`fl-lane ${lane.list}`}
      role="group"
      aria-label={say("{name}, of step {number}", { name, number: row.number })}
    >
      <div className="fl-lane-name">
        <b>{name}</b>
        {lane.steps.length === 0 && <span className="muted">{emptyWords(step, lane)}</span>}
      </div>
      <StepList lane={lane.key} />
      <LaneAdder row={row} lane={lane} name={name} />
    </div>
  );
}

function LaneAdder({ row, lane, name }: { row: Row; lane: Lane; name: string }) {
  const { readOnly } = useEditor();
  const [isAdding, setAdding] = useState(false);
  if (readOnly !== null) return null;
  if (isAdding) {
    return (
      <StepAdder
        lane={lane.key}
        place={`${row.place}.${lanePath(row.step as ControlStep, lane)}`}
        label={say("Add a step to {name}: what should happen?", { name })}
        onClose={() => setAdding(false)}
      />
    );
  }
  return (
    <div>
      <button type="button" className="btn plain small fl-add" onClick={() => setAdding(true)}>
        {say("+ Add a step")}
        <span className="visually-hidden">{say("to {name}, of step {number}", { name, number: row.number })}</span>
      </button>
    </div>
  );
}
