/** The steps of a workflow as rows, each with its form while it is open: the same draft as the canvas. */

import { useState } from "react";
import { lineKeys, moveKeys } from "../../ui/row_actions.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { START } from "./canvas_tree.ts";
import { listKey } from "./draft/edit.ts";
import { stepOfPath } from "./draft/text.ts";
import { useWorkflowEditor } from "./editor_context.tsx";
import { KindAdder } from "./kind_adder.tsx";
import { isJump, type OutlineList, type OutlineStep, rootOf } from "./outline.ts";
import { StartFields, StepFields } from "./step_fields.tsx";

export function StepRows() {
  const { definition, open, setOpen } = useWorkflowEditor();
  const isOpen = open === START;
  return (
    <div className="wf-rows">
      <section className="wf-step" aria-label={say("Start")}>
        <button
          type="button"
          className="wf-say"
          data-row={START}
          aria-expanded={isOpen}
          onClick={() => setOpen(isOpen ? undefined : START)}
          onKeyDown={lineKeys({})}
        >
          <b>{say("By a request, a schedule or a workflow")}</b>
        </button>
        {isOpen && <StartFields />}
      </section>
      <Rows list={rootOf(definition)} />
    </div>
  );
}

function Rows({ list, owner }: { list: OutlineList; owner?: OutlineStep }) {
  const { readOnly } = useWorkflowEditor();
  const [isAdding, setAdding] = useState(false);
  const { steps } = list;
  return (
    <>
      <ol className="wf-outline">
        {steps.map((one, index) => (
          <li key={isJump(one) ? `${index} to ${one.jumpsTo}` : one.id}>
            {isJump(one)
              ? (
                <p className="muted">
                  {one.isKnown
                    ? <Say text="Continues at the step {step}" values={{ step: <code>{one.jumpsTo}</code> }} />
                    : (
                      <Say
                        text="Names a step that is not there: {step}"
                        values={{ step: <code>{one.jumpsTo}</code> }}
                      />
                    )}
                </p>
              )
              : <Row step={one} />}
          </li>
        ))}
      </ol>
      {readOnly === null && (isAdding
        ? (
          <KindAdder
            list={owner && list.path}
            index={steps.length}
            onClose={() => setAdding(false)}
          />
        )
        : (
          <div>
            <button type="button" className="btn plain small" onClick={() => setAdding(true)}>
              {say("+ Add a step")}
              {owner && (
                <span className="visually-hidden">
                  {say("to {name}, of step {number}", { name: list.label, number: owner.id })}
                </span>
              )}
            </button>
          </div>
        ))}
    </>
  );
}

function Row({ step }: { step: OutlineStep }) {
  const { open, setOpen, readOnly, actionsOf, faults } = useWorkflowEditor();
  const { id, type, name, sentence, lists } = step;
  const isOpen = open === id;
  const count = faults.filter(({ path }) => stepOfPath(path) === id).length;
  const acts = readOnly === null ? actionsOf(id) : undefined;
  return (
    <section
      className={isOpen ? "wf-step open" : "wf-step"}
      aria-label={say("Step {id}", { id })}
      onKeyDown={acts && moveKeys(acts)}
    >
      <div className="row">
        <button
          type="button"
          className="wf-say grow"
          data-row={id}
          aria-expanded={isOpen}
          onClick={() => setOpen(isOpen ? undefined : id)}
          onKeyDown={lineKeys(acts ?? {})}
        >
          <b>
            <bdi>{sentence}</bdi>
          </b>
          <span className="muted">
            <bdi>{name === id ? id : `${id}: ${name}`}</bdi>
          </span>
        </button>
        {count > 0 && <span className="tag bad">{sayCount(count, "1 error", "{count} errors", { count })}</span>}
        <span className="pill">{type}</span>
      </div>
      {isOpen && <StepFields key={id} id={id} />}
      {lists.map((list) => (
        <div key={listKey(list.path)} className="wf-list" role="group" aria-label={list.label}>
          <b>
            <bdi>{list.label}</bdi>
          </b>
          <Rows list={list} owner={step} />
        </div>
      ))}
    </section>
  );
}
