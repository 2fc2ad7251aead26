/** The form of a wait: for a time, until an instant, or for an event with a deadline. */

import type { WaitJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import { ConditionFields } from "./condition_fields.tsx";
import type { ControlFieldsProps } from "./control_props.ts";
import { useEditor } from "./editor_context.tsx";
import { EventPicker } from "./event_picker.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { OptionalLanes } from "./optional_lanes.tsx";
import { DurationField, TextField } from "./small_fields.tsx";

export function WaitFields({ step, control, place, set }: ControlFieldsProps<WaitJson>) {
  const { vocabulary } = useEditor();
  const { event } = control;
  if (event) {
    const types = at(at(place, "event"), "event_types");
    return (
      <>
        <EventPicker
          label="Event to wait for"
          place={types}
          types={event.event_types}
          vocabulary={vocabulary}
          onTypes={(event_types) => set({ event: { ...event, event_types } })}
        />
        <div className="fl-group">
          <h3>Only where</h3>
          <ConditionFields owner={step.key} place={at(at(place, "event"), "conditions")} name="event" />
        </div>
        <DurationField
          label="At most"
          place={at(place, "deadline")}
          value={control.deadline}
          onValue={(deadline) => set({ deadline }, at(place, "deadline"))}
        />
        <OptionalLanes
          step={step}
          lists={[["expired", "When it does not come in time, do something", ": then the flow continues"]]}
        />
      </>
    );
  }
  if (control.until !== undefined) {
    return (
      <div className="fl-fields">
        <ExpressionField
          label="Date and time"
          place={at(place, "until")}
          value={control.until}
          kind="text"
          onValue={(until) => set({ until: until ?? "" }, at(place, "until"))}
          required
          placeholder="2026-12-01 09:00, 09:00 or $.webhook.…"
        />
        <TextField
          label="Time zone; empty: the workspace's"
          place={at(place, "zone")}
          value={control.zone}
          onValue={(zone) => set({ zone: zone === "" ? undefined : zone }, at(place, "zone"))}
          placeholder="Europe/Berlin"
        />
      </div>
    );
  }
  return (
    <DurationField
      label="How long"
      place={at(place, "for")}
      value={control.for}
      onValue={(span) => set({ for: span ?? "" }, at(place, "for"))}
      required
    />
  );
}
