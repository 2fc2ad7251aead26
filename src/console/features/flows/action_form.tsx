/** The form of an action: a Clockify operation, a request to another system or what the engine does itself, with its retries. */

import { useState } from "react";
import { say } from "../../words/say.ts";
import { entityWords } from "./draft/entity_words.ts";
import { setAction } from "./draft/steps.ts";
import type { ActionStep } from "./draft/tree.ts";
import { intentOfStep, knownIntent, type StepIntent } from "./draft/intents.ts";
import { operationNamed } from "./vocabulary_api.ts";
import { useEditor } from "./editor_context.tsx";
import { HttpFields } from "./http_fields.tsx";
import { OperationFields } from "./operation_fields.tsx";
import { OwnActionFields } from "./own_action_fields.tsx";
import type { ActionPart } from "./action_fields.ts";
import { RetryFields } from "./retry_fields.tsx";

export function ActionFields({ step, place }: { step: ActionStep; place: string }) {
  const { draft, change, vocabulary } = useEditor();
  const { action, key } = step;
  const set = (part: ActionPart, typing?: string) => change(setAction(draft, key, part), typing);
  const operation = action.type === "clockify" ? operationNamed(vocabulary, action.operation_id) : undefined;
  const [known] = useState(() => knownIntent(step, vocabulary.intents));
  const use = intentOfStep({ ...step, intent: step.intent ?? known }, { intents: vocabulary.intents, operation });
  return (
    <>
      {use && isElsewhere(use, draft.triggers) && (
        <p className="fl-note alert" role="status">
          {say("Not every event of this flow contains the {noun} that the step changes: check which one it uses.", {
            noun: operation?.fullReplace ? entityWords(operation.fullReplace.noun) : say("object"),
          })}
        </p>
      )}
      {action.type === "http"
        ? <HttpFields action={action} place={place} set={set} />
        : action.type === "clockify"
        ? <OperationFields stepKey={key} use={use} action={action} place={place} set={set} />
        : <OwnActionFields action={action} place={place} set={set} />}
      <RetryFields action={action} place={place} set={set} />
    </>
  );
}

/** True when the flow's events were changed to ones without the object that the step uses. */
function isElsewhere({ intent, asks }: StepIntent, triggers: readonly string[]): boolean {
  const isNamed = !asks.some(({ path }) => path[0] === "path_params");
  return isNamed && intent.eventTypes !== null && triggers.some((type) => !intent.eventTypes!.includes(type));
}
