/** What starts a flow beside events: times, a person with a form, a program. */

import { useId } from "react";
import type { FlowJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import { cronWords, timeOf, USUAL, withTime } from "./draft/schedule_words.ts";
import { useFormat } from "../../ui/format.tsx";
import { useEditor } from "./editor_context.tsx";
import { InputList } from "./input_list.tsx";
import type { FlowInput } from "./draft/inputs.ts";
import { Check, SelectField, TextField } from "./small_fields.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

const RUN_REQUEST = "POST /ui/flows/{id}/run";

type Triggers = NonNullable<FlowJson["triggers"]>;
type Schedule = NonNullable<Triggers["schedules"]>[number];

const MISSED: readonly (readonly [Schedule["missed"], string])[] = [
  ["one", say("Run once for all of them")],
  ["skip", say("Leave them out")],
  ["all", say("Run each of them")],
];

export function TriggerExtras() {
  const { draft, change, readOnly } = useEditor();
  const format = useFormat();
  const { schedules = [], manual, api } = draft.beside ?? {};
  const set = (part: Partial<Triggers>, typing?: string) => {
    const kept = Object.entries({ ...draft.beside, ...part }).filter(([, value]) => value !== undefined);
    change({ ...draft, beside: kept.length > 0 ? Object.fromEntries(kept) as Triggers : undefined }, typing);
  };
  const setSchedules = (next: Schedule[], typing?: string) =>
    set({ schedules: next.length > 0 ? next : undefined }, typing);
  const setInputs = (inputs: FlowInput[], typing?: string) => set({ manual: { inputs } }, typing);
  const add = () =>
    setSchedules([...schedules, { cron: USUAL[0]![0], zone: format.zone.replaceAll(" ", "_"), missed: "one" }]);
  return (
    <>
      {schedules.map((schedule, index) => (
        <ScheduleFields
          key={index}
          schedule={schedule}
          number={index + 1}
          place={at("triggers.schedules", index)}
          onChange={(next, typing) => setSchedules(schedules.with(index, next), typing)}
          onRemove={() => setSchedules(schedules.toSpliced(index, 1))}
        />
      ))}
      {readOnly === null && (
        <div>
          <button type="button" className="btn small" onClick={add}>{say("Add a time")}</button>
        </div>
      )}
      <Check
        label={say("A person may start it by hand")}
        about={say(", with a form of what it asks for")}
        checked={manual !== undefined}
        place="triggers.manual"
        onCheck={(wanted) => set({ manual: wanted ? { inputs: [] } : undefined })}
      />
      {manual && <InputList inputs={manual.inputs} onChange={setInputs} />}
      <Check
        label={say("A program may start it")}
        about={<Say text=", by {request}" values={{ request: <code>{RUN_REQUEST}</code> }} />}
        checked={api === true}
        place="triggers.api"
        onCheck={(wanted) => set({ api: wanted || undefined })}
      />
    </>
  );
}

function ScheduleFields(
  { schedule, number, place, onChange, onRemove }: {
    schedule: Schedule;
    number: number;
    place: string;
    onChange(next: Schedule, typing?: string): void;
    onRemove(): void;
  },
) {
  const { readOnly } = useEditor();
  const input = useId();
  const { cron, zone, missed } = schedule;
  const time = timeOf(cron);
  const usual = USUAL.find(([one]) => withTime(one, time ?? "09:00") === cron || one === cron)?.[0] ?? "own";
  return (
    <fieldset className="fl-case" data-at={place} tabIndex={-1}>
      <legend>{say("Time {number}: {times}", { number, times: cronWords(cron) })}</legend>
      <div className="fl-fields">
        <SelectField
          label={say("How often")}
          place={`${place}.often`}
          value={usual}
          choices={[...USUAL, ["own", say("At other times")]]}
          onValue={(next) => next !== "own" && onChange({ ...schedule, cron: time ? withTime(next, time) : next })}
        />
        {time !== undefined && (
          <div className="fl-field">
            <label className="fl-label muted" htmlFor={input}>{say("At")}</label>
            <input
              id={input}
              type="time"
              value={time}
              readOnly={readOnly !== null}
              onChange={({ target }) =>
                onChange({ ...schedule, cron: withTime(cron, target.value) }, at(place, "cron"))}
            />
          </div>
        )}
        <TextField
          label={say("Minute, hour, day, month, weekday (cron)")}
          place={at(place, "cron")}
          value={cron}
          onValue={(next) => onChange({ ...schedule, cron: next }, at(place, "cron"))}
        />
        <TextField
          label={say("Time zone")}
          place={at(place, "zone")}
          value={zone}
          onValue={(next) => onChange({ ...schedule, zone: next }, at(place, "zone"))}
          placeholder="Europe/Berlin"
        />
        <SelectField
          label={say("Times that were missed while nothing ran")}
          place={at(place, "missed")}
          value={missed}
          choices={MISSED}
          onValue={(next) => onChange({ ...schedule, missed: next })}
        />
      </div>
      {readOnly === null && (
        <div>
          <button type="button" className="btn small danger" onClick={onRemove}>
            {say("Remove")}
            <span className="visually-hidden">{say("time {number}", { number })}</span>
          </button>
        </div>
      )}
    </fieldset>
  );
}
