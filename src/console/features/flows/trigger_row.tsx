/** When: the events that start the flow, picked by search. */

import { useState } from "react";
import { Combobox, type ComboItem } from "../../ui/combobox.tsx";
import type { Vocabulary } from "./vocabulary_api.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { StepFrame } from "./step_frame.tsx";

export function TriggerRow() {
  const { draft, change, vocabulary, readOnly } = useEditor();
  const { faults, invalid, id } = useFaults("trigger_event_types");
  const [text, setText] = useState("");
  const set = (triggers: string[]) => change({ ...draft, triggers });
  const wanted = text.trim().toLowerCase().split(/[\s_]+/);
  const items = choicesOf(vocabulary).filter(({ key, label, detail }) =>
    !draft.triggers.includes(key) && holdsAll(`${label} ${detail} ${key.replaceAll("_", " ")}`, wanted)
  );
  return (
    <StepFrame mark="When" place="trigger_event_types" title={<>When one of these events arrives</>}>
      {draft.triggers.length > 0 && (
        <ul className="fl-chips" aria-label="Events that start the flow">
          {draft.triggers.map((type) => (
            <li key={type} className="fl-chip">
              <span>
                {titleOf(vocabulary, type)} <code className="muted">{type}</code>
              </span>
              {readOnly === null && (
                <button
                  type="button"
                  className="btn plain small"
                  aria-label={`Remove ${type}`}
                  onClick={() => set(draft.triggers.filter((one) => one !== type))}
                >
                  ×
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {readOnly === null && (
        <div className="fl-field">
          <Combobox
            label="Add an event"
            text={text}
            onText={setText}
            items={items}
            onPick={({ key }) => {
              set([...draft.triggers, key]);
              setText("");
            }}
            none={text.trim() && "No event of this add-on matches"}
            placeholder="Search, for example: time entry, NEW_PROJECT"
            invalid={invalid}
            describedBy={id}
            place="trigger_event_types"
          />
          <FaultText faults={faults} id={id} />
        </div>
      )}
      <label className="fl-check">
        <input
          type="checkbox"
          checked={draft.ordered}
          disabled={readOnly !== null}
          onChange={({ target }) => change({ ...draft, ordered: target.checked })}
        />
        <span>
          In order: events of one entry, project or person run one after another<span className="muted">
            . Slower
          </span>
        </span>
      </label>
    </StepFrame>
  );
}

export function titleOf({ events, customSources }: Vocabulary, type: string): string {
  const source = customSources.find(({ eventType }) => eventType === type);
  return source ? `Custom source ${source.name}` : events.find((one) => one.type === type)?.title ?? type;
}

function choicesOf({ events, customSources }: Vocabulary): ComboItem[] {
  return [
    ...customSources.map(({ name, eventType }) => ({
      key: eventType,
      label: `Custom source ${name}`,
      detail: `Custom source · ${eventType}`,
    })),
    ...events.map(({ type, title, family }) => ({
      key: type,
      label: title,
      detail: `${family.replaceAll("_", " ")} · ${type}`,
    })),
  ];
}

/** In any order, as people say them. */
function holdsAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
