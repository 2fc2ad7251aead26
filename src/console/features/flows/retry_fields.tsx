/** How an action is tried: its id, how often and how long, what to do when an answer was lost, and in whose name. */

import type { ActionJson, RetryJson } from "./draft/json.ts";
import { at } from "./draft/places.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { EntityField } from "./entity_field.tsx";
import { Fold } from "./fold.tsx";
import { NumberField } from "./http_fields.tsx";
import type { ActionFieldsProps } from "./action_fields.ts";

/** Of an action that states none; the same as the engine's. */
const DEFAULT: RetryJson = { max_attempts: 5, initial_delay_ms: 1_000, max_delay_ms: 60_000, multiplier: 2 };

const NUMBERS: [keyof RetryJson, string][] = [
  ["max_attempts", "Tries in all"],
  ["initial_delay_ms", "First delay in milliseconds"],
  ["max_delay_ms", "Longest delay in milliseconds"],
  ["multiplier", "Each delay is longer by the factor"],
];

export function RetryFields({ action, place, step, set }: ActionFieldsProps<ActionJson>) {
  const { readOnly } = useEditor();
  const id = useFaults(at(place, "id"));
  const retry = { ...DEFAULT, ...action.retry };
  const tries = retry.max_attempts;
  return (
    <Fold
      places={["retry", "id", "on_uncertain", "as_user"].map((part) => at(place, part))}
      summary={
        <>
          Tried {tries === 1 ? "once" : `up to ${tries} times`}
          {action.type === "clockify" && action.as_user !== undefined && ", in a user's name"}
          <span className="faint">{` · id ${action.id}`}</span>
        </>
      }
    >
      <div className="fl-field">
        <label className="field">
          <span>Id of the step</span>
          <input
            className="mono"
            value={action.id}
            onChange={({ target }) => set({ id: target.value }, at(place, "id"))}
            readOnly={readOnly !== null}
            aria-invalid={id.invalid || undefined}
            aria-describedby={id.id}
            data-at={at(place, "id")}
            spellCheck={false}
          />
        </label>
        <FaultText faults={id.faults} id={id.id} />
      </div>
      {NUMBERS.map(([name, label]) => (
        <NumberField
          key={name}
          label={label}
          place={at(at(place, "retry"), name)}
          value={retry[name]}
          onValue={(value) => set({ retry: { ...retry, [name]: value } as RetryJson }, at(at(place, "retry"), name))}
        />
      ))}
      <label className="field">
        <span>When a try was sent and its answer was lost</span>
        <select
          value={action.on_uncertain}
          disabled={readOnly !== null}
          onChange={({ target }) => set({ on_uncertain: target.value as "retry" | "stop" })}
          data-at={at(place, "on_uncertain")}
        >
          <option value="retry">Try again with the same Idempotency-Key</option>
          <option value="stop">Stop the run: a person decides</option>
        </select>
      </label>
      {action.type === "clockify" && (
        <EntityField
          label="In the name of the user"
          place={at(place, "as_user")}
          value={action.as_user}
          kind="text"
          onValue={(value) => set({ as_user: value as string | undefined }, at(place, "as_user"))}
          step={step}
          entityType="user"
          isList={false}
        />
      )}
    </Fold>
  );
}
