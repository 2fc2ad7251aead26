/** Then: one action, a Clockify operation or a request to another system, and how often it is tried. */

import type { ClockifyActionJson, HttpActionJson } from "../../flow_draft/json.ts";
import type { Step } from "../../flow_draft/draft.ts";
import { at } from "../../flow_draft/places.ts";
import { duplicateStep, moveStep, removeStep, setAction } from "../../flow_draft/steps.ts";
import { operationNamed } from "../../api/vocabulary.ts";
import { Tag } from "../tag.tsx";
import { useToast } from "../toasts.tsx";
import { useEditor } from "./editor_context.tsx";
import { HttpFields } from "./http_fields.tsx";
import { OperationFields } from "./operation_fields.tsx";
import { RetryFields } from "./retry_fields.tsx";
import { StepFrame } from "./step_frame.tsx";

export type ActionPart = Partial<ClockifyActionJson> | Partial<HttpActionJson>;

export function ActionRow({ step, index }: { step: Step; index: number }) {
  const { draft, change, vocabulary, faults, trial } = useEditor();
  const toast = useToast();
  const { action, key } = step;
  const place = at("actions", index);
  const set = (part: ActionPart, typing?: string) => change(setAction(draft, key, part), typing);
  const operation = action.type === "clockify" ? operationNamed(vocabulary, action.operation_id) : undefined;
  const move = (by: -1 | 1) => {
    change(moveStep(draft, key, by));
    toast(`Step ${index + 1} is now step ${index + 1 + by} of ${draft.steps.length}`);
  };
  const remove = () => {
    change(removeStep(draft, key));
    toast("The step was removed. Undo brings it back");
    document.getElementById("fl-add-step")?.focus();
  };
  const tried = trial?.actions[index];
  const note = tried?.id === action.id && tried.problem !== null
    ? <Tag tone="bad">would fail on the sample</Tag>
    : undefined;
  return (
    <StepFrame
      mark={String(index + 1)}
      place={place}
      title={action.type === "http" ? "HTTP request" : <>Clockify: {operation?.summary ?? "choose an operation"}</>}
      note={note}
      faults={faults.filter(({ path }) => path === place || path === `${place}.type`)}
      actions={{
        name: `step ${index + 1}`,
        ...(index > 0 && { up: () => move(-1) }),
        ...(index < draft.steps.length - 1 && { down: () => move(1) }),
        duplicate: () => change(duplicateStep(draft, key)),
        remove,
      }}
    >
      {action.type === "http"
        ? <HttpFields action={action} place={place} step={index} set={set} />
        : <OperationFields stepKey={key} action={action} place={place} step={index} set={set} />}
      <RetryFields action={action} place={place} step={index} set={set} />
    </StepFrame>
  );
}
