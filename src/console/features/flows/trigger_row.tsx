/** When: the events that start the flow, picked by search. */

import type { Draft } from "./draft/draft.ts";
import { WHEN_ROW } from "./draft/rows.ts";
import { listed } from "./draft/words.ts";
import { cronWords } from "./draft/schedule_words.ts";
import { TriggerExtras } from "./trigger_extras.tsx";
import { faultsAt } from "./draft/paths.ts";
import { useEditor } from "./editor_context.tsx";
import { EventPicker } from "./event_picker.tsx";
import { GATE_PLACES, GateFields } from "./gate_fields.tsx";
import { RowFrame } from "./row_frame.tsx";
import { titleOf, type Vocabulary } from "./vocabulary_api.ts";
import { say } from "../../words/say.ts";

const PLACE = "trigger_event_types";

/** What starts the flow, each in words. */
export function startsOf({ triggers, beside }: Draft, vocabulary: Vocabulary): string[] {
  return [
    ...triggers.map((type) => titleOf(vocabulary, type)),
    ...(beside?.schedules ?? []).map(({ cron }) => cronWords(cron)),
    ...(beside?.manual ? [say("by hand")] : []),
    ...(beside?.api ? [say("by a program")] : []),
  ];
}

export const NO_START = say("When one of these events arrives");

export function TriggerRow() {
  const { draft, change, vocabulary, faults } = useEditor();
  const { triggers } = draft;
  const starts = startsOf(draft, vocabulary);
  return (
    <RowFrame
      rowKey={WHEN_ROW}
      mark={say("When")}
      label={say("When")}
      place={PLACE}
      title={starts.length === 0 ? NO_START : (
        <>
          <span className="visually-hidden">{say("When:")}</span>
          {listed(starts, "or")}
        </>
      )}
      faults={[PLACE, "triggers", ...GATE_PLACES].flatMap((place) => faultsAt(faults, place))}
    >
      <EventPicker
        label={say("Add an event")}
        listLabel={say("Events that start the flow")}
        place={PLACE}
        types={triggers}
        vocabulary={vocabulary}
        onTypes={(triggers) => change({ ...draft, triggers })}
      />
      <TriggerExtras />
      <GateFields />
    </RowFrame>
  );
}
