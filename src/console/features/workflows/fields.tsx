/** Fields of the forms of steps: text, number, choice, one with completion of references, and steps by name. */

import { useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Fault } from "../../shell/client.ts";
import { Combobox, type ComboItem } from "../../ui/combobox.tsx";
import { faultsAt, FormField } from "../../ui/form_field.tsx";
import { at } from "../../ui/json_path.ts";
import type { Suggestion } from "../../ui/suggestions.ts";
import { say } from "../../words/say.ts";
import { referenceAt, referenced, referencesFor } from "./draft/completion.ts";
import { type Path, stepsOf, textIn, valueIn, withValue } from "./draft/fields.ts";
import { useWorkflowEditor } from "./editor_context.tsx";
import type { ListItem } from "./use_names.ts";

/** The path as faults have it: "steps.a.loop_config.loop_body[0]". */
export function placeAt(path: Path): string {
  return path.reduce<string>((place, key) => at(place, key), "");
}

/** The value at a path of the draft, and what changes it. */
export function useValue(path: Path): { value: unknown; set(value: unknown): void; place: string } {
  const { definition, change } = useWorkflowEditor();
  const place = placeAt(path);
  return {
    value: valueIn(definition, path),
    set: (value) => change(withValue(definition, path, value), place),
    place,
  };
}

export function shownText(value: unknown): string {
  return value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

interface FieldProps {
  label: string;
  path: Path;
  hint?: string;
}

export function TextField({ label, path, hint, long }: FieldProps & { long?: boolean }) {
  const { faults, readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  return (
    <FormField label={label} place={place} faults={faults} hint={hint}>
      {(field) => {
        const props = {
          ...field,
          value: shownText(value),
          readOnly: readOnly !== null,
          "data-at": place,
        };
        const type = (text: string) => set(text === "" ? undefined : text);
        return long
          ? <textarea {...props} rows={2} onChange={({ target }) => type(target.value)} />
          : <input {...props} onChange={({ target }) => type(target.value)} />;
      }}
    </FormField>
  );
}

/** A text that is no number yet stays as it was typed, for the server to refuse. */
export function readNumber(text: string): unknown {
  if (text === "") return undefined;
  return /^-?(0|[1-9]\d{0,14})(\.\d{0,14}[1-9])?$/.test(text) ? Number(text) : text;
}

export function NumberField({ label, path, hint }: FieldProps) {
  const { faults, readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  return (
    <FormField label={label} place={place} faults={faults} hint={hint}>
      {(field) => (
        <input
          {...field}
          inputMode="decimal"
          value={shownText(value)}
          readOnly={readOnly !== null}
          data-at={place}
          onChange={({ target }) => set(readNumber(target.value.trim()))}
        />
      )}
    </FormField>
  );
}

/** `missing`: the value that one which is not there means. */
export function ChoiceField(
  { label, path, hint, choices, missing }: FieldProps & {
    choices: readonly (readonly [string, string])[];
    missing?: string;
  },
) {
  const { faults, readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  const now = value === undefined || value === null ? missing ?? "" : shownText(value);
  return (
    <FormField label={label} place={place} faults={faults} hint={hint}>
      {(field) => (
        <select
          {...field}
          value={now}
          disabled={readOnly !== null}
          data-at={place}
          onChange={({ target }) => set(target.value === "" ? undefined : target.value)}
        >
          {choices.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
          {!choices.some(([key]) => key === now) && <option value={now}>{now}</option>}
        </select>
      )}
    </FormField>
  );
}

/** A yes or no: what is missing means `missing`. */
export function CheckField({ label, path, missing }: FieldProps & { missing: boolean }) {
  const { readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  return (
    <label className="wf-check">
      <input
        type="checkbox"
        checked={typeof value === "boolean" ? value : missing}
        disabled={readOnly !== null}
        data-at={place}
        onChange={({ target }) => set(target.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** A text that may name what the run knows by then. `step`: the step it belongs to. */
export function ReferenceField(
  { label, path, hint, step, isCondition, hideLabel }: FieldProps & {
    step: string;
    isCondition?: boolean;
    hideLabel?: boolean;
  },
) {
  const { definition, faults, readOnly, outputs } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  const known = useMemo(() => referencesFor(definition, step, outputs), [definition, step, outputs]);
  const [caret, setCaret] = useState(0);
  const [jump, setJump] = useState<number>();
  const input = useRef<HTMLInputElement>(null);
  const text = shownText(value);
  const found = referenceAt(text, { caret: Math.min(caret, text.length), known, isCondition });
  const items = (found?.items ?? []).map((suggestion): ComboItem & { suggestion: Suggestion } => ({
    key: suggestion.text,
    label: `\${${suggestion.text}}`,
    detail: suggestion.detail,
    suggestion,
  }));
  useLayoutEffect(() => {
    if (jump === undefined) return;
    input.current?.setSelectionRange(jump, jump);
    setJump(undefined);
  }, [jump]);
  const own = faultsAt(faults, place);
  const faultId = useId();
  return (
    <div className="form-field">
      <Combobox
        label={label}
        hideLabel={hideLabel}
        text={text}
        onText={set}
        items={items}
        onPick={({ suggestion }) => {
          const next = referenced(text, found!, suggestion);
          set(next.text);
          setCaret(next.caret);
          setJump(next.caret);
        }}
        readOnly={readOnly !== null}
        invalid={own.length > 0}
        describedBy={own.length > 0 ? faultId : undefined}
        place={place}
        inputRef={input}
        onCaret={setCaret}
        isCode
      />
      <BelowField hint={hint} faults={own} id={faultId} />
    </div>
  );
}

function BelowField({ hint, faults, id }: { hint: string | undefined; faults: readonly Fault[]; id: string }) {
  return (
    <>
      {hint !== undefined && <div className="faint form-hint">{hint}</div>}
      {faults.length > 0 && (
        <div className="fault" id={id}>
          {faults.map(({ message }, index) => <div key={index}>{message}</div>)}
        </div>
      )}
    </>
  );
}

/** A name out of a list; one that is not in it can be typed. */
export function NameField(
  { label, path, hint, items }: FieldProps & { items: readonly ListItem[] },
) {
  const { faults, readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  const text = shownText(value);
  const own = faultsAt(faults, place);
  const faultId = useId();
  // What is chosen does not hide the others.
  const isChosen = items.some(({ name }) => name === text);
  const found = items.filter(({ name }) => isChosen || name.toLowerCase().includes(text.toLowerCase()));
  return (
    <div className="form-field">
      <Combobox
        label={label}
        text={text}
        onText={set}
        items={found.map(({ name, detail }) => ({ key: name, label: name, detail }))}
        onPick={({ key }) => set(key)}
        readOnly={readOnly !== null}
        invalid={own.length > 0}
        describedBy={own.length > 0 ? faultId : undefined}
        place={place}
        isCode
      />
      <BelowField hint={hint} faults={own} id={faultId} />
    </div>
  );
}

/** Steps to choose from: each by its id, with its name. */
export function useStepChoices(except: string | undefined): (readonly [string, string])[] {
  const { definition } = useWorkflowEditor();
  return Object.entries(stepsOf(definition)).filter(([id]) => id !== except).map(([id, step]) => {
    const name = textIn(step, "name");
    return [id, name === undefined || name === id ? id : `${id}: ${name}`] as const;
  });
}

/** `none`: what no step means. */
export function StepField({ step, none, ...field }: FieldProps & { step: string | undefined; none: string }) {
  const choices = useStepChoices(step);
  return <ChoiceField {...field} choices={[["", none], ...choices]} />;
}

/** Steps in their order. */
export function StepsField({ label, path, step }: FieldProps & { step: string }) {
  const { faults, readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  const choices = useStepChoices(step);
  const ids = Array.isArray(value) ? value : [];
  return (
    <fieldset className="wf-group" data-at={place}>
      <legend>{label}</legend>
      {ids.map((id, index) => (
        <FormField
          key={index}
          label={say("Step {number}", { number: index + 1 })}
          place={`${place}[${index}]`}
          faults={faults}
        >
          {(field) => (
            <span className="wf-pair">
              <select
                {...field}
                value={String(id)}
                disabled={readOnly !== null}
                onChange={({ target }) => set(ids.toSpliced(index, 1, target.value))}
              >
                {choices.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
                {!choices.some(([key]) => key === id) && <option value={String(id)}>{String(id)}</option>}
              </select>
              <RemoveButton what={String(id)} onRemove={() => set(ids.toSpliced(index, 1))} />
            </span>
          )}
        </FormField>
      ))}
      {readOnly === null && (
        <label className="field">
          <span>{say("Add a step that is there")}</span>
          <select value="" onChange={({ target }) => set([...ids, target.value])}>
            <option value="">{say("Choose…")}</option>
            {choices.filter(([id]) => !ids.includes(id)).map(([id, words]) => (
              <option key={id} value={id}>{words}</option>
            ))}
          </select>
        </label>
      )}
      {ids.length === 0 && <Faults place={place} />}
    </fieldset>
  );
}

export function RemoveButton({ what, onRemove }: { what: string; onRemove(): void }) {
  const { readOnly } = useWorkflowEditor();
  if (readOnly !== null) return null;
  return (
    <button type="button" className="btn plain small" onClick={onRemove}>
      {say("Remove")}
      <span className="visually-hidden">{what}</span>
    </button>
  );
}

/** Faults of a part that has no field of its own. */
export function Faults({ place }: { place: string }) {
  const { faults } = useWorkflowEditor();
  const own = faultsAt(faults, place);
  if (own.length === 0) return null;
  return <div className="fault">{own.map(({ message }, index) => <div key={index}>{message}</div>)}</div>;
}
