/** The flow as a canvas, with the sample's data on its left and the form of the chosen step on its right. */

import { lazy, Suspense, useMemo } from "react";
import { useKeys } from "../../shell/keys.tsx";
import { Skeleton } from "../../ui/states.tsx";
import type { CanvasFlow, Spot } from "../../ui/canvas/tree.ts";
import { say } from "../../words/say.ts";
import { ConditionRow, conditionTitle } from "./condition_row.tsx";
import { DataPanel } from "./data_panel.tsx";
import { canvasTree } from "./draft/canvas_tree.ts";
import { outline, rowOf } from "./draft/outline.ts";
import { IF_ROW, WHEN_ROW } from "./draft/rows.ts";
import { isControl, lanePath } from "./draft/tree.ts";
import { listed } from "./draft/words.ts";
import { useEditor } from "./editor_context.tsx";
import { lineKeys, moveKeys } from "../../ui/row_actions.tsx";
import { StepAdder } from "./step_adder.tsx";
import { lineOf, StepRow, useActionsOf } from "./step_list.tsx";
import { NO_START, startsOf, TriggerRow } from "./trigger_row.tsx";

const Canvas = lazy(() => import("../../ui/canvas/canvas.tsx").then(({ Canvas }) => ({ default: Canvas })));

/** For the list of keys: the steps of the canvas act on them. */
const KEYS = [
  ["↑ ↓ ← →", say("Walk over the steps of the canvas")],
  ["A", say("Add a step behind the one that has the focus")],
  ["D", say("Duplicate it")],
  [say("Del"), say("Remove it")],
  ["Alt + ↑ ↓ ← →", say("Move it")],
].map(([keys, label]) => ({ keys: keys!, label: label!, run: () => {} }));

export function FlowCanvas() {
  useKeys(KEYS);
  const { draft, open, setOpen, readOnly } = useEditor();
  const actionsOf = useActionsOf();
  const flow = useCanvasTree();
  return (
    <div className={`fl-board${open === undefined ? "" : " chosen"}`}>
      <DataPanel />
      <div className="fl-canvas" data-at="actions" tabIndex={-1}>
        <Suspense fallback={<Skeleton lines={8} label={say("Loading the canvas")} />}>
          <Canvas
            label={say("Canvas of the flow")}
            flow={flow}
            open={open}
            onOpen={(key) => setOpen(open === key ? undefined : key)}
            onKey={(key, event) => {
              const row = readOnly === null ? rowOf(draft, key) : undefined;
              if (!row) return;
              const acts = actionsOf(row);
              if (event.altKey) moveKeys(acts)(event);
              else lineKeys(acts)(event);
            }}
            adder={readOnly === null ? (spot, close) => <AdderAt spot={spot} onClose={close} /> : undefined}
          />
        </Suspense>
      </div>
      <Inspector />
    </div>
  );
}

function useCanvasTree(): CanvasFlow {
  const { draft, dryRun, faults, words, vocabulary } = useEditor();
  const tree = canvasTree({
    draft,
    dryRun,
    faults,
    words,
    when: listed(startsOf(draft, vocabulary), "or") || NO_START,
    condition: conditionTitle(draft, words),
  });
  // Drawn again when it says something else, not with each letter that is typed.
  const text = JSON.stringify(tree);
  return useMemo(() => tree, [text]);
}

function AdderAt({ spot: { lane, index }, onClose }: { spot: Spot; onClose(): void }) {
  const { draft } = useEditor();
  const found = outline(draft).flatMap(({ step, place }) =>
    isControl(step) ? step.lanes.filter(({ key }) => key === lane).map((one) => `${place}.${lanePath(step, one)}`) : []
  );
  return <StepAdder lane={lane} index={index} place={found[0] ?? "actions"} onClose={onClose} />;
}

/** The form of what is chosen; nothing where nothing is. */
function Inspector() {
  const { draft, open, setOpen } = useEditor();
  const row = open === undefined ? undefined : rowOf(draft, open);
  if (!row && open !== WHEN_ROW && open !== IF_ROW) return null;
  const close = () => {
    setOpen(undefined);
    lineOf(open!)?.focus();
  };
  return (
    <section
      className="fl-inspector"
      aria-label={say("Chosen step")}
      onKeyDown={(event) => {
        const isList = (event.target as HTMLElement).getAttribute("aria-expanded") === "true" &&
          (event.target as HTMLElement).matches("input");
        if (event.key !== "Escape" || event.defaultPrevented || isList) return;
        close();
      }}
    >
      <button type="button" className="btn plain small fl-inspector-close" onClick={close}>
        {say("Close")}
        <span className="visually-hidden">{say("the form")}</span>
      </button>
      {row ? <StepRow key={open} row={row} isAlone /> : open === WHEN_ROW ? <TriggerRow /> : <ConditionRow />}
    </section>
  );
}
