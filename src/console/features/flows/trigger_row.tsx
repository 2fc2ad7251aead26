/** When: the events that start the flow, picked by search. */

import { WHEN_ROW } from "./draft/rows.ts";
import { listed } from "./draft/words.ts";
import { useEditor, useFaults } from "./editor_context.tsx";
import { EventPicker } from "./event_picker.tsx";
import { RowFrame } from "./row_frame.tsx";
import { Check } from "./small_fields.tsx";
import { titleOf } from "./vocabulary_api.ts";

const PLACE = "trigger_event_types";

export function TriggerRow() {
  const { draft, change, vocabulary } = useEditor();
  const { faults } = useFaults(PLACE);
  const { triggers } = draft;
  return (
    <RowFrame
      rowKey={WHEN_ROW}
      mark="When"
      label="When"
      place={PLACE}
      title={triggers.length === 0 ? "When one of these events arrives" : (
        <>
          <span className="visually-hidden">When:</span>
          {listed(triggers.map((type) => titleOf(vocabulary, type)), "or")}
        </>
      )}
      faults={faults}
    >
      <EventPicker
        label="Add an event"
        listLabel="Events that start the flow"
        place={PLACE}
        types={triggers}
        vocabulary={vocabulary}
        onTypes={(triggers) => change({ ...draft, triggers })}
      />
      <Check
        label="In order: events of one entry, project or person run one after another"
        about=". Slower"
        checked={draft.ordered}
        onCheck={(ordered) => change({ ...draft, ordered })}
      />
    </RowFrame>
  );
}
