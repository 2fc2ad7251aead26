/** The steps of a workflow to look at and to change, as a list or as a canvas over one draft. */

import { type ReactNode, useState } from "react";
import { flushSync } from "react-dom";
import { ViewChoice } from "../../ui/canvas/view_choice.tsx";
import { useFlowView } from "../../ui/canvas/use_flow_view.ts";
import type { RowActions } from "../../ui/row_actions.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import type { Workflow } from "./api.ts";
import { START } from "./canvas_tree.ts";
import {
  addSteps,
  duplicateStep,
  freeIds,
  moveStep,
  reachedIn,
  type Removal,
  removeStep,
  standingsOf,
  waysOf,
} from "./draft/edit.ts";
import { type Path, stepsOf } from "./draft/fields.ts";
import { newStep } from "./draft/kinds.ts";
import { type Use, usesOf } from "./draft/names.ts";
import { stepOfPath } from "./draft/text.ts";
import { DraftBar, SaveFaults } from "./draft_bar.tsx";
import { WorkflowEditorProvider } from "./editor_context.tsx";
import { RemoveDialog } from "./remove_dialog.tsx";
import { StepRows } from "./step_rows.tsx";
import type { DefinitionEditing } from "./use_definition.ts";
import { useStepNames } from "./use_names.ts";
import { focusStep, WorkflowCanvas } from "./workflow_canvas.tsx";

interface Asked extends Removal {
  id: string;
  uses: Use[];
}

export function StepsTab(
  { workflow, editing, onReread }: { workflow: Workflow; editing: DefinitionEditing; onReread(): void },
): ReactNode {
  const { definition, change, faults, broken } = editing;
  const [view, setView] = useFlowView();
  const [open, setOpen] = useState<string>();
  const [asked, setAsked] = useState<Asked>();
  const names = useStepNames(workflow.id);
  const toast = useToast();
  const readOnly = editing.readOnly ?? (broken ? say("The JSON under Edit cannot be read: correct it there") : null);

  const add = (type: string, { list, index }: { list: Path | undefined; index: number }) => {
    const freeId = freeIds(definition);
    const id = freeId(type.replaceAll("_", "-"));
    const { step, others } = newStep(type, { agent: names.agents[0]?.name ?? "", freeId });
    flushSync(() => {
      change(addSteps(definition, { list, index, steps: { [id]: step, ...others } }));
      setOpen(id);
    });
    focusFirst(`steps.${id}`);
  };
  const take = ({ id, definition: next }: Pick<Asked, "id" | "definition">) => {
    const order = [...standingsOf(definition).keys()];
    const rest = new Set(Object.keys(stepsOf(next)));
    const at = order.indexOf(id);
    const near = order.slice(at).find((one) => rest.has(one)) ?? order.slice(0, at).findLast((one) => rest.has(one));
    flushSync(() => {
      setAsked(undefined);
      if (open !== undefined && !rest.has(open)) setOpen(undefined);
      change(next);
    });
    toast(say("The step was removed. Undo restores it"));
    focusStep(near ?? START);
  };
  const remove = (id: string) => {
    const removal = removeStep(definition, id);
    const gone = new Set(removal.removed);
    const uses = removal.removed.flatMap((one) => usesOf(definition, one)).filter(({ by, isReference }) =>
      isReference && !gone.has(by!)
    );
    if (gone.size === 1 && uses.length === 0) take({ id, ...removal });
    else setAsked({ id, uses, ...removal });
  };
  const actionsOf = (id: string): RowActions => {
    const ways = waysOf(definition, id);
    const move = (way: "up" | "down" | "out" | "into") =>
      ways.includes(way)
        ? () => {
          const had = (document.activeElement as HTMLElement | null)?.dataset.row === id;
          flushSync(() => change(moveStep(definition, id, way)));
          if (had || document.activeElement === document.body) focusStep(id);
        }
        : undefined;
    return {
      name: say("step {id}", { id }),
      up: move("up"),
      down: move("down"),
      out: move("out"),
      into: move("into"),
      duplicate: () => {
        const { definition: next, copy } = duplicateStep(definition, id);
        change(next);
        if (copy !== undefined && open === id) setOpen(copy);
      },
      remove: () => remove(id),
    };
  };
  const show = (path: string) => {
    flushSync(() => setOpen(stepOfPath(path) ?? START));
    const place = [...document.querySelectorAll<HTMLElement>("[data-at]")].find(({ dataset }) =>
      dataset.at === path || path.startsWith(`${dataset.at}.`) && !/^steps\.[\w-]+$/.test(dataset.at!)
    );
    for (let around = place?.parentElement; around; around = around.parentElement) {
      if (around instanceof HTMLDetailsElement) around.open = true;
    }
    place?.scrollIntoView({ block: "center" });
    if (place?.matches("input,select,textarea")) place.focus({ preventScroll: true });
    else focusFirst(path.match(/^steps\.[\w-]+/)?.[0] ?? "");
  };
  const reached = reachedIn(definition);
  const lost = Object.keys(stepsOf(definition)).filter((id) => !reached.has(id));
  return (
    <WorkflowEditorProvider
      value={{ definition, change, faults, readOnly, open, setOpen, ...names, actionsOf, add }}
    >
      <div className="stack">
        <div className="row">
          <ViewChoice view={view} onView={setView} />
          {editing.readOnly === null && <DraftBar workflow={workflow} editing={editing} />}
        </div>
        {broken && <p className="alert" role="status">{readOnly}.</p>}
        <SaveFaults editing={editing} onShow={show} onReread={onReread} />
        {lost.length > 0 && (
          <p className="alert">
            <Say text="Nothing leads to {steps}" values={{ steps: <Lost ids={lost} onOpen={setOpen} /> }} />
          </p>
        )}
        {view === "canvas" ? <WorkflowCanvas /> : <StepRows />}
      </div>
      {asked && (
        <RemoveDialog
          id={asked.id}
          others={asked.removed.slice(1)}
          uses={asked.uses}
          onRemove={() => take(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </WorkflowEditorProvider>
  );
}

function Lost({ ids, onOpen }: { ids: readonly string[]; onOpen(id: string): void }) {
  return (
    <>
      {ids.slice(0, 20).map((id) => (
        <button key={id} type="button" className="btn small" onClick={() => onOpen(id)}>{id}</button>
      ))}
    </>
  );
}

/** The first field of a form. */
function focusFirst(place: string) {
  const form = [...document.querySelectorAll<HTMLElement>("[data-at]")].find(({ dataset }) => dataset.at === place);
  form?.querySelector<HTMLElement>("[data-at]:is(input,select,textarea)")?.focus();
}
