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
import { say } from "../../words/say.ts";

export function WaitFields({ step, control, place, set }: ControlFieldsProps<WaitJson>) {
  const { vocabulary } = useEditor();
  const { event } = control;
  if (event) {
    const types = at(at(place, "event"), "event_types");
    return (
      <>
        <EventPicker
          label={say("Event to wait for")}
          place={types}
          types={event.event_types}
          vocabulary={vocabulary}
          onTypes={(event_types) => set({ event: { ...event, event_types } })}
        />
        <div className="fl-group">
          <h3>{say("Only where")}</h3>
          <ConditionFields owner={step.key} place={at(at(place, "event"), "conditions")} name={say("event")} />
        </div>
        <DurationField
          label={say("At most")}
          place={at(place, "deadline")}
          value={control.deadline}
          onValue={(deadline) => set({ deadline }, at(place, "deadline"))}
        />
        <OptionalLanes
          step={step}
          lists={[["expired", say("When it does not come in time, do something"), say(": then the flow continues")]]}
        />
      </>
    );
  }
  if (control.until !== undefined) {
    return (
      <div className="fl-fields">
        <ExpressionField
          label={say("Date and time")}
          place={at(place, "until")}
          value={control.until}
          kind="text"
          onValue={(until) => set({ until: until ?? "" }, at(place, "until"))}
          required
          placeholder={say("{example} or {path}", { example: "2026-12-01 09:00, 09:00", path: "$.webhook.…" })}
        />
        <TextField
          label={say("Time zone; empty: the workspace's")}
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
      label={say("How long")}
      place={at(place, "for")}
      value={control.for}
      onValue={(span) => set({ for: span ?? "" }, at(place, "for"))}
      required
    />
  );
}
