/** Actions that the engine does itself: a value, variables, an event for other flows, another flow. */

import { useQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { listFlows } from "./api.ts";
import type { OwnActionJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import type { ActionFieldsProps } from "./action_fields.ts";
import { JsonField } from "./json_field.tsx";
import { KeyValues } from "./key_values.tsx";
import { Check, SelectField, TextField } from "./small_fields.tsx";
import { say } from "../../words/say.ts";

export function OwnActionFields({ action, place, set }: ActionFieldsProps<OwnActionJson>) {
  switch (action.type) {
    case "transform":
      return (
        <JsonField
          label={say("Value as JSON, or an expression")}
          place={at(place, "output")}
          value={action.output}
          onValue={(output) => set({ output: output ?? "" }, at(place, "output"))}
        />
      );
    case "variables":
      return (
        <div className="fl-group">
          <h3>{say("Variables")}</h3>
          <KeyValues
            what="variable"
            place={at(place, "set")}
            record={action.set}
            onRecord={(values, typing) => set({ set: values }, typing)}
          />
        </div>
      );
    case "emit_event":
      return (
        <>
          <TextField
            label={say("Name of the event")}
            place={at(place, "event")}
            value={action.event}
            onValue={(event) => set({ event }, at(place, "event"))}
            placeholder="long_entry_found"
            required
          />
          <p className="fl-note muted">
            {say("Flows that listen to {event} are started by it.", { event: `flow:${action.event || "…"}` })}
          </p>
          <JsonField
            label={say("Body as JSON, or an expression")}
            place={at(place, "body")}
            value={action.body}
            onValue={(body) => set({ body }, at(place, "body"))}
          />
        </>
      );
    case "run_flow":
      return <RunFlowFields action={action} place={place} set={set} />;
  }
}

function RunFlowFields(
  { action, place, set }: ActionFieldsProps<Extract<OwnActionJson, { type: "run_flow" }>>,
) {
  const { api } = useSignedIn();
  const { data: flows = [] } = useQuery({
    queryKey: ["flows", "list"],
    queryFn: ({ signal }) => listFlows(api, signal),
  });
  return (
    <>
      <SelectField
        label={say("Flow")}
        place={at(place, "flow_id")}
        value={String(action.flow_id)}
        choices={[["0", say("Choose…")], ...flows.map(({ id, definition }) => [id, definition.name] as const)]}
        onValue={(id) => set({ flow_id: Number(id) })}
      />
      <Check
        label={say("Wait until it is over")}
        about={say(": its output is the result of this step")}
        checked={action.wait}
        place={at(place, "wait")}
        onCheck={(wait) => set({ wait })}
      />
      <JsonField
        label={say("Input as JSON, or an expression")}
        place={at(place, "input")}
        value={action.input}
        onValue={(input) => set({ input }, at(place, "input"))}
      />
    </>
  );
}
