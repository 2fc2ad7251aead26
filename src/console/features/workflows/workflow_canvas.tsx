/** A workflow as a canvas, with the form of the chosen step beside it; on a phone as a sheet over its lower part. */

import { lazy, Suspense, useMemo } from "react";
import { useKeys } from "../../shell/keys.tsx";
import { lineKeys, moveKeys } from "../../ui/row_actions.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { say } from "../../words/say.ts";
import { START, workflowTree } from "./canvas_tree.ts";
import type { Path } from "./draft/fields.ts";
import { stepsOf } from "./draft/fields.ts";
import { stepOfPath } from "./draft/text.ts";
import { useWorkflowEditor } from "./editor_context.tsx";
import { KindAdder } from "./kind_adder.tsx";
import { StartFields, StepFields } from "./step_fields.tsx";

const Canvas = lazy(() => import("../../ui/canvas/canvas.tsx").then(({ Canvas }) => ({ default: Canvas })));

/** For the list of keys: the steps of the canvas act on them. */
const KEYS = [
  ["↑ ↓ ← →", say("Walk over the steps of the canvas")],
  ["A", say("Add a step behind the one that has the focus")],
  ["D", say("Duplicate it")],
  [say("Del"), say("Remove it")],
  ["Alt + ↑ ↓ ← →", say("Move it")],
].map(([keys, label]) => ({ keys: keys!, label: label!, run: () => {} }));

export function WorkflowCanvas() {
  useKeys(KEYS);
  const { definition, faults, open, setOpen, readOnly, actionsOf } = useWorkflowEditor();
  const { flow, jumps } = useMemo(
    () => workflowTree(definition, (id) => faults.filter(({ path }) => stepOfPath(path) === id).length),
    [definition, faults],
  );
  const isOpen = open === START || (open !== undefined && Object.hasOwn(stepsOf(definition), open));
  const choose = (key: string) => {
    const target = jumps.get(key) ?? key;
    setOpen(open === target ? undefined : target);
    if (target !== key) focusStep(target);
  };
  return (
    <div className={isOpen ? "wf-board chosen" : "wf-board"}>
      <div className="wf-canvas">
        <Suspense fallback={<Skeleton lines={8} label={say("Loading the canvas")} />}>
          <Canvas
            label={say("Canvas of the workflow")}
            flow={flow}
            open={isOpen ? open : undefined}
            onOpen={choose}
            onKey={(key, event) => {
              if (readOnly !== null || !Object.hasOwn(stepsOf(definition), key)) return;
              const acts = actionsOf(key);
              if (event.altKey) moveKeys(acts)(event);
              else lineKeys(acts)(event);
            }}
            adder={readOnly === null
              ? ({ lane, index }, close) => (
                <KindAdder
                  list={lane === undefined ? undefined : JSON.parse(lane) as Path}
                  index={index}
                  onClose={close}
                />
              )
              : undefined}
          />
        </Suspense>
      </div>
      {isOpen && <Chosen id={open!} />}
    </div>
  );
}

function Chosen({ id }: { id: string }) {
  const { setOpen } = useWorkflowEditor();
  const close = () => {
    setOpen(undefined);
    focusStep(id);
  };
  return (
    <section
      className="wf-chosen panel stack"
      aria-label={say("Chosen step")}
      onKeyDown={(event) => {
        const target = event.target as HTMLElement;
        const isList = target.matches("input") && target.getAttribute("aria-expanded") === "true";
        if (event.key === "Escape" && !event.defaultPrevented && !isList) close();
      }}
    >
      <button type="button" className="btn plain small wf-close" onClick={close}>
        {say("Close")}
        <span className="visually-hidden">{say("the step")}</span>
      </button>
      {id === START ? <StartFields /> : <StepFields key={id} id={id} />}
    </section>
  );
}

/** The step on the canvas, or its row. */
export function focusStep(key: string) {
  document.querySelector<HTMLElement>(`[data-row="${key}"]`)?.focus();
}
