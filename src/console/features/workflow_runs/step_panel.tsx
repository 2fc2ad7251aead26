/** The chosen step of a run: its state, what it was given, and what it gave. */

import { JsonTree } from "../../ui/json_tree.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import type { WorkflowRunStep } from "./api.ts";

const STATES: Record<WorkflowRunStep["status"], { text: string; tone: Tone }> = {
  PENDING: { text: "Not started", tone: "idle" },
  RUNNING: { text: "In progress", tone: "wait" },
  COMPLETED: { text: "Completed", tone: "ok" },
  FAILED: { text: "Failed", tone: "bad" },
  CANCELLED: { text: "Cancelled", tone: "idle" },
  SKIPPED: { text: "Skipped", tone: "idle" },
};

export function StepPanel({ step, number }: { step: WorkflowRunStep; number: number }) {
  const { text, tone } = STATES[step.status];
  const isOpen = step.status === "PENDING" || step.status === "RUNNING";
  return (
    <section className="panel stack" aria-labelledby="chosen-step">
      <div>
        <div className="row">
          <h3 id="chosen-step">
            Step {number}: <bdi>{step.step_name}</bdi>
          </h3>
          <Tag tone={tone}>{text}</Tag>
        </div>
        <p className="muted">
          {[
            step.agent_name === null ? step.step_type : `agent ${step.agent_name}`,
            step.attempts > 0 && (step.attempts === 1 ? "1 attempt" : `${step.attempts} attempts`),
            step.parent_step_id !== null && `in ${step.parent_step_id}`,
            step.branch_name !== null && `branch ${step.branch_name}`,
            step.loop_index !== null && `item ${step.loop_index + 1}`,
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
        <h2>Input</h2>
        {step.input_data === null
          ? <p className="muted">{step.status === "PENDING" ? "It has not started." : "It was sent nothing."}</p>
          : <JsonTree value={step.input_data} label="Input" />}
      </div>
      <div>
        <h2>Output</h2>
        {step.output_data === null
          ? <p className="muted">{isOpen ? "Not yet." : "None."}</p>
          : <JsonTree value={step.output_data} label="Output" root={`\${${step.step_id}.output}`} />}
      </div>
    </section>
  );
}
