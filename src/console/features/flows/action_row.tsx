/** "Then": one action, a Clockify operation or a request to another system, with its retries. */

import { useState } from "react";
import type { Step } from "./draft/draft.ts";
import type { ActionJson, ClockifyActionJson, HttpActionJson, OtherStepJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import { duplicateStep, moveStep, removeStep, setAction } from "./draft/steps.ts";
import { intentOfStep, knownIntent, type StepIntent } from "./draft/intents.ts";
import { operationNamed, type OperationWords } from "./vocabulary_api.ts";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useEditor } from "./editor_context.tsx";
import { HttpFields } from "./http_fields.tsx";
import { OperationFields } from "./operation_fields.tsx";
import type { ActionPart } from "./action_fields.ts";
import { RetryFields } from "./retry_fields.tsx";
import { StepFrame } from "./step_frame.tsx";

export function ActionRow({ step, index }: { step: Step; index: number }) {
  const { draft, change, vocabulary, faults, dryRun } = useEditor();
  const toast = useToast();
  const { action, key } = step;
  const place = at("actions", index);
  const set = (part: ActionPart, typing?: string) => change(setAction(draft, key, part), typing);
  const operation = action.type === "clockify" ? operationNamed(vocabulary, action.operation_id) : undefined;
  const [known] = useState(() => knownIntent(step, vocabulary.intents));
  const use = intentOfStep({ ...step, intent: step.intent ?? known }, { intents: vocabulary.intents, operation });
  const move = (by: -1 | 1) => {
    change(moveStep(draft, key, by));
    toast(`Step ${index + 1} is now step ${index + 1 + by} of ${draft.steps.length}`);
  };
  const remove = () => {
    change(removeStep(draft, key));
    toast("The step was removed. Undo restores it");
    document.getElementById("fl-add-step")?.focus();
  };
  const outcome = dryRun?.actions.find((one) => one.index === index);
  const note = outcome?.id === action.id && outcome.problem !== null
    ? <Tag tone="bad">would fail on the sample</Tag>
    : undefined;
  return (
    <StepFrame
      mark={String(index + 1)}
      place={place}
      title={isForm(action) ? action.type === "http" ? "HTTP request" : titleOf(use, operation) : nameOf(action)}
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
      {use && isElsewhere(use, draft.triggers) && (
        <p className="fl-note alert" role="status">
          Not every event of this flow contains the {operation?.fullReplace?.noun ?? "object"}{" "}
          that the step changes: check which one it uses.
        </p>
      )}
      {action.type === "http" && <HttpFields action={action} place={place} step={index} set={set} />}
      {action.type === "clockify" && (
        <OperationFields stepKey={key} use={use} action={action} place={place} step={index} set={set} />
      )}
      {isForm(action) ? <RetryFields action={action} place={place} step={index} set={set} /> : (
        <>
          <p className="muted">This step has no form yet. It stays as it is:</p>
          <pre
            className="fl-pre mono"
            tabIndex={0}
            aria-label="The step as JSON"
          >{JSON.stringify(action, null, 2)}</pre>
        </>
      )}
    </StepFrame>
  );
}

function isForm(action: ActionJson): action is ClockifyActionJson | HttpActionJson {
  return action.type === "clockify" || action.type === "http";
}

/** "Loop", "Run flow". */
function nameOf({ kind, type }: OtherStepJson): string {
  const words = (kind ?? type ?? "step").replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** Title of the intent for its last step; its earlier steps have the title of their operation. */
function titleOf(use: StepIntent | undefined, operation: OperationWords | undefined): string {
  const isWhole = use !== undefined && use.action === use.intent.actions.length - 1;
  return isWhole ? use.intent.title : `Clockify: ${operation?.summary ?? "choose an operation"}`;
}

/** True when the flow's events were changed to ones without the object that the step uses. */
function isElsewhere({ intent, asks }: StepIntent, triggers: readonly string[]): boolean {
  const isNamed = !asks.some(({ path }) => path[0] === "path_params");
  return isNamed && intent.eventTypes !== null && triggers.some((type) => !intent.eventTypes!.includes(type));
}
