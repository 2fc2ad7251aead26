/** The chosen step of a run: its state, what it was given, and what it gave. */

import { JsonTree } from "../../ui/json_tree.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import type { WorkflowRunStep } from "./api.ts";

const STATES: Record<WorkflowRunStep["status"], { text: string; tone: Tone }> = {
  PENDING: { text: say("Not started"), tone: "idle" },
  RUNNING: { text: say("In progress"), tone: "wait" },
  COMPLETED: { text: say("Completed"), tone: "ok" },
  FAILED: { text: say("Failed"), tone: "bad" },
  CANCELLED: { text: say("Cancelled"), tone: "idle" },
  SKIPPED: { text: say("Skipped"), tone: "idle" },
};

export function StepPanel({ step, number }: { step: WorkflowRunStep; number: number }) {
  const { text, tone } = STATES[step.status];
  const isOpen = step.status === "PENDING" || step.status === "RUNNING";
  return (
    <section className="panel stack" aria-labelledby="chosen-step">
      <div>
        <div className="row">
          <h3 id="chosen-step">
            <Say text="Step {number}: {name}" values={{ number, name: <bdi>{step.step_name}</bdi> }} />
          </h3>
          <Tag tone={tone}>{text}</Tag>
        </div>
        <p className="muted">
          {[
            step.agent_name === null ? step.step_type : say("agent {name}", { name: step.agent_name }),
            step.attempts > 0 && sayCount(step.attempts, "1 attempt", "{count} attempts", { count: step.attempts }),
            step.parent_step_id !== null && say("in {step}", { step: step.parent_step_id }),
            step.branch_name !== null && say("branch {name}", { name: step.branch_name }),
            step.loop_index !== null && say("item {number}", { number: step.loop_index + 1 }),
          ].filter(Boolean).join(", ")}
        </p>
      </div>
      {step.error_message && (
        <div className="alert bad">
          <p>
            <bdi>{step.error_message}</bdi>
          </p>
          {step.error_code && <code className="muted">{step.error_code}</code>}
        </div>
      )}
      <div>
        <h2>{say("Input")}</h2>
        {step.input_data === null
          ? (
            <p className="muted">
              {step.status === "PENDING" ? say("It has not started.") : say("It was sent nothing.")}
            </p>
          )
          : <JsonTree value={step.input_data} label={say("Input")} />}
      </div>
      <div>
        <h2>{say("Output")}</h2>
        {step.output_data === null
          ? <p className="muted">{isOpen ? say("Not yet.") : say("None.")}</p>
          : <JsonTree value={step.output_data} label={say("Output")} root={`\${${step.step_id}.output}`} />}
      </div>
    </section>
  );
}
