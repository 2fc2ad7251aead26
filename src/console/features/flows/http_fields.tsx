/** A request to another system: method, address, headers, query, body and timeout. */

import { useId } from "react";
import { say } from "../../words/say.ts";
import type { HttpActionJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import { textOf, valueOf } from "./draft/value_kinds.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { JsonField } from "./json_field.tsx";
import { KeyValues } from "./key_values.tsx";
import type { ActionFieldsProps } from "./action_fields.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

export function HttpFields({ action, place, set }: ActionFieldsProps<HttpActionJson>) {
  const { readOnly } = useEditor();
  return (
    <>
      <div className="fl-http">
        <label className="field">
          <span>{say("Method")}</span>
          <select
            value={action.method}
            disabled={readOnly !== null}
            onChange={({ target }) => set({ method: target.value as HttpActionJson["method"] })}
            data-at={at(place, "method")}
          >
            {METHODS.map((method) => <option key={method}>{method}</option>)}
            {!METHODS.includes(action.method) && <option>{action.method}</option>}
          </select>
        </label>
        <ExpressionField
          label={say("Address")}
          place={at(place, "url")}
          value={action.url}
          kind="text"
          onValue={(url) => set({ url: String(url ?? "") }, at(place, "url"))}
          required
          placeholder="https://example.com/hooks/{{$.webhook.id}}"
        />
      </div>
      <div className="fl-group">
        <h3>{say("Headers")}</h3>
        <KeyValues
          what="header"
          place={at(place, "headers")}
          record={action.headers}
          onRecord={(headers, typing) => set({ headers }, typing)}
        />
      </div>
      <div className="fl-group">
        <h3>{say("Query")}</h3>
        <KeyValues
          what="query parameter"
          place={at(place, "query")}
          record={action.query}
          onRecord={(query, typing) => set({ query }, typing)}
        />
      </div>
      {(action.method !== "GET" || action.body !== undefined) && (
        <JsonField
          label={say("Body as JSON, or an expression")}
          place={at(place, "body")}
          value={action.body}
          onValue={(body) => set({ body }, at(place, "body"))}
        />
      )}
      <NumberField
        label={say("Timeout (ms)")}
        place={at(place, "timeout_ms")}
        value={action.timeout_ms}
        onValue={(timeout_ms) => set({ timeout_ms: timeout_ms as number }, at(place, "timeout_ms"))}
      />
    </>
  );
}

/** A number. Other text stays as typed, and the server rejects it with the allowed range. */
export function NumberField(
  { label, place, value, onValue, placeholder }: {
    label: string;
    place: string;
    value: unknown;
    onValue(value: unknown): void;
    placeholder?: string;
  },
) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const input = useId();
  return (
    <div className="fl-field fl-number">
      <label className="fl-label muted" htmlFor={input}>{label}</label>
      <input
        id={input}
        inputMode="decimal"
        value={textOf(value)}
        onChange={({ target }) => onValue(valueOf(target.value, "number"))}
        readOnly={readOnly !== null}
        placeholder={placeholder}
        aria-invalid={invalid || undefined}
        aria-describedby={id}
        data-at={place}
      />
      <FaultText faults={faults} id={id} />
    </div>
  );
}
