/** A workflow as a canvas, with the chosen step beside it: what it does, and for editors its JSON. */

import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { useKeys } from "../../shell/keys.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import { Skeleton } from "../../ui/states.tsx";
import type { Workflow } from "./api.ts";
import { START, workflowTree } from "./canvas_tree.ts";
import type { OutlineStep } from "./outline.ts";
import { StepFacts } from "./step_outline.tsx";
import { StepForm } from "./step_form.tsx";
import { say } from "../../words/say.ts";

const Canvas = lazy(() => import("../../ui/canvas/canvas.tsx").then(({ Canvas }) => ({ default: Canvas })));

/** For the list of keys: the steps of the canvas act on it. */
const KEYS = [{ keys: "↑ ↓ ← →", label: say("Walk over the steps of the canvas"), run: () => {} }];

/** `tag`: of the workflow as it is shown. */
export interface WorkflowCanvasProps {
  workflow: Workflow;
  tag: string;
  onSaved(): void;
}

export function WorkflowCanvas({ workflow, tag, onSaved }: WorkflowCanvasProps) {
  useKeys(KEYS);
  const { workflow_data: definition } = workflow;
  const { flow, steps, jumps } = useMemo(() => workflowTree(definition), [definition]);
  const [open, setOpen] = useState<string>();
  const board = useRef<HTMLDivElement>(null);
  const focus = (key: string) => board.current?.querySelector<HTMLElement>(`[data-row="${key}"]`)?.focus();
  const choose = (key: string) => {
    const target = jumps.get(key) ?? key;
    setOpen(open === target ? undefined : target);
    if (target !== key) focus(target);
  };
  const chosen = open === undefined ? undefined : steps.get(open);
  const close = () => {
    setOpen(undefined);
    focus(open!);
  };
  const isOpen = chosen !== undefined || open === START;
  return (
    <div className={isOpen ? "wf-board chosen" : "wf-board"} ref={board}>
      <div className="wf-canvas">
        <Suspense fallback={<Skeleton lines={8} label={say("Loading the canvas")} />}>
          <Canvas label={say("Canvas of the workflow")} flow={flow} open={isOpen ? open : undefined} onOpen={choose} />
        </Suspense>
      </div>
      {isOpen && (
        <section
          className="wf-chosen panel stack"
          aria-label={say("Chosen step")}
          onKeyDown={(event) => event.key === "Escape" && close()}
        >
          <button type="button" className="btn plain small wf-close" onClick={close}>
            {say("Close")}
            <span className="visually-hidden">{say("the step")}</span>
          </button>
          {chosen
            ? <ChosenStep key={`${chosen.id} ${tag}`} step={chosen} workflow={workflow} tag={tag} onSaved={onSaved} />
            : <Start definition={definition} />}
        </section>
      )}
    </div>
  );
}

function ChosenStep({ step, ...rest }: WorkflowCanvasProps & { step: OutlineStep }) {
  return (
    <>
      <StepFacts step={step} isOpen />
      <StepForm id={step.id} {...rest} />
    </>
  );
}

function Start({ definition: { input_schema } }: { definition: Workflow["workflow_data"] }) {
  return (
    <>
      <b>{say("Start")}</b>
      {input_schema
        ? (
          <>
            <p className="muted">{say("An input that does not fit this JSON Schema is refused.")}</p>
            <JsonTree value={input_schema} label={say("JSON Schema of the input")} />
          </>
        )
        : <p className="muted">{say("It takes any JSON object as its input.")}</p>}
    </>
  );
}
