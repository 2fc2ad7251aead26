/** Id of a step, its retries and backoff, what to do after a lost response, and the user to act as. */

import type { ActionJson, RetryJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { EntityField } from "./entity_field.tsx";
import { Fold } from "./fold.tsx";
import { NumberField } from "./http_fields.tsx";
import type { ActionFieldsProps } from "./action_fields.ts";
import { say, sayCount } from "../../words/say.ts";

/** Of an action that states none; the same as the engine's. */
const DEFAULT: RetryJson = { max_attempts: 5, initial_delay_ms: 1_000, max_delay_ms: 60_000, multiplier: 2 };

const NUMBERS: [keyof RetryJson, string][] = [
  ["max_attempts", say("Maximum attempts")],
  ["initial_delay_ms", say("Initial delay (ms)")],
  ["max_delay_ms", say("Maximum delay (ms)")],
  ["multiplier", say("Backoff multiplier")],
];

export function RetryFields({ action, place, set }: ActionFieldsProps<ActionJson>) {
  const { readOnly } = useEditor();
  const id = useFaults(at(place, "id"));
  const retry = { ...DEFAULT, ...action.retry };
  const attempts = retry.max_attempts;
  return (
    <Fold
      places={["retry", "id", "on_uncertain", "as_user"].map((part) => at(place, part))}
      summary={
        <>
          {sayCount(attempts, "1 attempt", "Up to {count} attempts", { count: attempts })}
          {action.type === "clockify" && action.as_user !== undefined && say(", as a user")}
          <span className="faint">{` · id ${action.id}`}</span>
        </>
      }
    >
      <div className="fl-field">
        <label className="field">
          <span>{say("Step id")}</span>
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
        <span>{say("When a request was sent and its response was lost")}</span>
        <select
          value={action.on_uncertain}
          disabled={readOnly !== null}
          onChange={({ target }) => set({ on_uncertain: target.value as "retry" | "stop" })}
          data-at={at(place, "on_uncertain")}
        >
          <option value="retry">{say("Retry with the same Idempotency-Key")}</option>
          <option value="stop">{say("Fail the run, for a person to decide")}</option>
        </select>
      </label>
      {action.type === "clockify" && (
        <EntityField
          label={say("Act as user")}
          place={at(place, "as_user")}
          value={action.as_user}
          kind="text"
          onValue={(value) => set({ as_user: value as string | undefined }, at(place, "as_user"))}
          entityType="user"
          isList={false}
        />
      )}
    </Fold>
  );
}
