/** When: the events that start the flow, picked by search. */

import { WHEN_ROW } from "./draft/rows.ts";
import { listed } from "./draft/words.ts";
import { cronWords } from "./draft/schedule_words.ts";
import { TriggerExtras } from "./trigger_extras.tsx";
import { useEditor, useFaults } from "./editor_context.tsx";
import { EventPicker } from "./event_picker.tsx";
import { RowFrame } from "./row_frame.tsx";
import { Check } from "./small_fields.tsx";
import { titleOf } from "./vocabulary_api.ts";

const PLACE = "trigger_event_types";

export function TriggerRow() {
  const { draft, change, vocabulary } = useEditor();
  const { faults } = useFaults(PLACE);
  const { faults: others } = useFaults("triggers");
  const { triggers, beside } = draft;
  const starts = [
    ...triggers.map((type) => titleOf(vocabulary, type)),
    ...(beside?.schedules ?? []).map(({ cron }) => cronWords(cron)),
    ...(beside?.manual ? ["by hand"] : []),
    ...(beside?.api ? ["by a program"] : []),
  ];
  return (
    <RowFrame
      rowKey={WHEN_ROW}
      mark="When"
      label="When"
      place={PLACE}
      title={starts.length === 0 ? "When one of these events arrives" : (
        <>
          <span className="visually-hidden">When:</span>
          {listed(starts, "or")}
        </>
      )}
      faults={[...faults, ...others]}
    >
      <EventPicker
        label="Add an event"
        listLabel="Events that start the flow"
        place={PLACE}
        types={triggers}
        vocabulary={vocabulary}
        onTypes={(triggers) => change({ ...draft, triggers })}
      />
      <TriggerExtras />
      <Check
        label="In order: events of one entry, project or person run one after another"
        about=". Slower"
        checked={draft.ordered}
        onCheck={(ordered) => change({ ...draft, ordered })}
      />
    </RowFrame>
  );
}
