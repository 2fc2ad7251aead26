/** "Add a step": a search over intents first, then Clockify's operations and requests to other systems. */

import { useState } from "react";
import type { OperationWords } from "./vocabulary_api.ts";
import { addIntent, type FoundIntent, intentsFor } from "./draft/intents.ts";
import { operationsFor } from "./draft/operation_search.ts";
import { otherSystem } from "./draft/other_system.ts";
import { addStep, setOperation } from "./draft/steps.ts";
import { Combobox, type ComboItem } from "../../ui/combobox.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { placeOf } from "./asked_fields.tsx";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { addAndShow } from "./fault_list.tsx";

type Choice = ComboItem & ({ found: FoundIntent } | { operation: OperationWords } | { isHttp: true });

const NO_HTTP =
  "Not allowed here: an admin can allow HTTP requests in the settings of the add-on Universal Webhook in Clockify";

export function StepAdder() {
  const { draft, change, vocabulary, readOnly, faults } = useEditor();
  const { id } = useFaults("actions");
  const [text, setText] = useState("");
  const own = faults.filter(({ path }) => path === "actions");
  const place = `actions[${draft.steps.length}]`;
  const add = (type: "clockify" | "http") =>
    addAndShow(() => change(addStep(draft, type)), `${place}.${type === "http" ? "url" : "operation_id"}`, "center");
  const other = otherSystem(text);
  const choices: Choice[] = [
    ...intentsFor(vocabulary.intents, { text, triggers: draft.triggers }).map((found): Choice => ({
      key: found.intent.id,
      label: found.intent.title,
      detail: found.fits ? undefined : "Not part of the events of this flow: you choose which one",
      group: "What should happen",
      found,
    })),
    ...(other && vocabulary.genericHttp
      ? [{
        key: "http",
        label: "Send an HTTP request",
        detail: other.how,
        group: "Other systems",
        isHttp: true as const,
      }]
      : []),
    ...operationsFor(vocabulary.operations, text).map((operation): Choice => ({
      key: operation.key,
      label: operation.summary,
      detail: `${operation.key} · ${operation.tag}`,
      group: "All operations",
      operation,
    })),
  ];
  const pick = (choice: Choice) => {
    setText("");
    if ("isHttp" in choice) return add("http");
    if ("found" in choice) {
      const { found } = choice;
      const isAsked = found.intent.asks.find(({ action }) => action === 0);
      const first = found.fits && isAsked ? placeOf(isAsked, place) : place;
      return addAndShow(() => change(addIntent(draft, found)), first, "center");
    }
    const added = addStep(draft, "clockify");
    const next = setOperation(added, added.steps.at(-1)!.key, choice.operation);
    addAndShow(() => change(next), `${place}.operation_id`, "center");
  };
  return (
    <div className="stack panel fl-adder" data-at="actions" tabIndex={-1}>
      {readOnly === null && (
        <>
          <Combobox
            label="Add a step: what should happen?"
            text={text}
            onText={setText}
            items={choices}
            // After the list's own update: the new field is not rendered before, so there is nothing to focus.
            onPick={(choice) => queueMicrotask(() => pick(choice))}
            placeholder="Search, for example: add a tag, rename, set billable, stop the timer"
            none={text.trim() && !other
              ? "No action matches. Try other words, or use Add step: Clockify to choose from all operations"
              : undefined}
          />
          {other && !vocabulary.genericHttp && <p className="fl-note muted" role="status">{other.how} {NO_HTTP}.</p>}
        </>
      )}
      <div className="row">
        <GuardedButton className="btn small" id="fl-add-step" blocked={readOnly} onClick={() => add("clockify")}>
          Add step: Clockify
        </GuardedButton>
        <GuardedButton
          className="btn small"
          blocked={readOnly ?? (vocabulary.genericHttp ? null : NO_HTTP)}
          onClick={() => add("http")}
        >
          Add step: HTTP request
        </GuardedButton>
      </div>
      <FaultText faults={own} id={id} />
    </div>
  );
}
