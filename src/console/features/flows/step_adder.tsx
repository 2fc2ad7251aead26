/** "Add a step": a search over intents first, then steps that decide, wait and ask, then Clockify's operations and other systems. */

import { useEffect, useRef, useState } from "react";
import type { OperationWords } from "./vocabulary_api.ts";
import { addIntent, type FoundIntent, intentsFor } from "./draft/intents.ts";
import { addControl } from "./draft/lanes.ts";
import { operationsFor } from "./draft/operation_search.ts";
import { otherSystem } from "./draft/other_system.ts";
import { type StepChoice, stepChoicesFor } from "./draft/picker.ts";
import type { Draft } from "./draft/draft.ts";
import { addStep, broughtTo, setOperation } from "./draft/steps.ts";
import { listIn } from "./draft/tree.ts";
import { Combobox, type ComboItem } from "../../ui/combobox.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { placeOf } from "./asked_fields.tsx";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { firstFieldOf } from "./first_field.ts";
import { say, sayLabel } from "../../words/say.ts";

type Choice =
  & ComboItem
  & ({ found: FoundIntent } | { operation: OperationWords } | { step: StepChoice } | { isHttp: true });

const NO_HTTP = say(
  "Not allowed here: an admin can allow HTTP requests in the settings of the add-on Universal Webhook in Clockify",
);

export interface StepAdderProps {
  /** The list that the step comes to; undefined: the flow's own. */
  lane?: string;
  /** Its place there; the end where it is left out. */
  index?: number;
  /** Path of the list: "actions[1].cases[0].actions". */
  place?: string;
  label?: string;
  /** Of a list that asks only when it is pressed. */
  onClose?(): void;
}

export function StepAdder(
  { lane, index, place: list = "actions", label = say("Add a step: what should happen?"), onClose }: StepAdderProps,
) {
  const { draft, vocabulary, readOnly, faults, addAndShow } = useEditor();
  const { id } = useFaults("actions");
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (onClose) input.current?.focus();
  }, []);
  const own = lane === undefined ? faults.filter(({ path }) => path === "actions") : [];
  const count = listIn(draft.steps, lane).length;
  const spot = index ?? count;
  const place = `${list}[${spot}]`;
  const show = (next: Draft, field: string) =>
    addAndShow(broughtTo(next, { lane, count, index: spot }), field, "center");
  const add = (type: "clockify" | "http") =>
    show(addStep(draft, type, lane), `${place}.${type === "http" ? "url" : "operation_id"}`);
  const pick = (choice: Choice) => {
    setText("");
    onClose?.();
    if ("isHttp" in choice) return add("http");
    if ("found" in choice) {
      const { found } = choice;
      const isAsked = found.intent.asks.find(({ action }) => action === 0);
      const first = found.fits && isAsked ? placeOf(isAsked, place) : place;
      return show(addIntent(draft, found, lane), first);
    }
    if ("step" in choice) {
      const { adds } = choice.step;
      const next = "control" in adds ? addControl(draft, adds.control, lane).draft : addStep(draft, adds.action, lane);
      return show(next, `${place}${firstFieldOf(listIn(next.steps, lane).at(-1)!)}`);
    }
    const added = addStep(draft, "clockify", lane);
    const next = setOperation(added, listIn(added.steps, lane).at(-1)!.key, choice.operation);
    show(next, `${place}.operation_id`);
  };
  // One that is asked for, at its place, is the search alone.
  const isAsked = onClose !== undefined;
  const other = otherSystem(text);
  const choices = useChoices(text);
  const search = (
    <Combobox
      label={label}
      hideLabel={isAsked}
      text={text}
      onText={setText}
      items={choices}
      // After the list's own update: the new field is not rendered before, so there is nothing to focus.
      onPick={(choice) => queueMicrotask(() => pick(choice))}
      placeholder={say("Search, for example: add a tag, wait, if, ask somebody")}
      none={text.trim() && !other
        ? say("No action matches. Try other words, or use Add step: Clockify to choose from all operations")
        : undefined}
      inputRef={input}
      startsOpen={index !== undefined}
    />
  );
  const blockedHttp = other && !vocabulary.genericHttp && (
    <p className="fl-note muted" role="status">{other.how} {NO_HTTP}.</p>
  );
  if (isAsked) {
    return (
      <div
        className="stack fl-adder inner"
        onKeyDown={({ key }) => key === "Escape" && text === "" && onClose?.()}
        onBlur={({ currentTarget, relatedTarget }) =>
          text === "" && !currentTarget.contains(relatedTarget as Node | null) && onClose?.()}
      >
        {search}
        {blockedHttp}
      </div>
    );
  }
  return (
    <div className="stack fl-adder" data-at="actions" tabIndex={-1}>
      {readOnly === null && (
        <>
          {search}
          {blockedHttp}
        </>
      )}
      <div className="row">
        <GuardedButton className="btn small" id="fl-add-step" blocked={readOnly} onClick={() => add("clockify")}>
          {say("Add step: Clockify")}
        </GuardedButton>
        <GuardedButton
          className="btn small"
          blocked={readOnly ?? (vocabulary.genericHttp ? null : NO_HTTP)}
          onClick={() => add("http")}
        >
          {say("Add step: HTTP request")}
        </GuardedButton>
      </div>
      <FaultText faults={own} id={id} />
    </div>
  );
}

/** What fits the text: what people want first, unless a step of another kind is what the text says. */
function useChoices(text: string): Choice[] {
  const { draft, vocabulary } = useEditor();
  const other = otherSystem(text);
  const steps = stepChoicesFor(text).map(({ choice, isMeant }) => ({
    isMeant,
    item: {
      key: `step ${choice.key}`,
      label: choice.title,
      group: say("Decide, wait, ask, repeat"),
      step: choice,
    } satisfies Choice,
  }));
  const meant = steps.some(({ isMeant }) => isMeant);
  const controls = steps.toSorted((one, two) => Number(two.isMeant) - Number(one.isMeant)).map(({ item }): Choice =>
    item
  );
  const intents = intentsFor(vocabulary.intents, { text, triggers: draft.triggers }).map((found): Choice => ({
    key: found.intent.id,
    label: sayLabel(found.intent.title),
    detail: found.fits ? undefined : say("Not part of the events of this flow: you choose which one"),
    group: say("What should happen"),
    found,
  }));
  const http: Choice[] = other && vocabulary.genericHttp
    ? [{
      key: "http",
      label: say("Send an HTTP request"),
      detail: other.how,
      group: say("Other systems"),
      isHttp: true,
    }]
    : [];
  const operations = operationsFor(vocabulary.operations, text).map((operation): Choice => ({
    key: operation.key,
    label: sayLabel(operation.summary),
    detail: `${operation.key} · ${operation.tag}`,
    group: say("All operations"),
    operation,
  }));
  return [...meant ? [...controls, ...intents] : [...intents, ...controls], ...http, ...operations];
}
