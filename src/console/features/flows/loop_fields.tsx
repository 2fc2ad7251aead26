/** The form of a loop: the list, or the condition that it repeats by, its bounds, and what an item that fails means. */

import type { LoopJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import { ConditionFields } from "./condition_fields.tsx";
import type { ControlFieldsProps } from "./control_props.ts";
import { ExpressionField } from "./expression_field.tsx";
import { NumberField } from "./http_fields.tsx";
import { SelectField } from "./small_fields.tsx";
import { say } from "../../words/say.ts";

const ON_ERROR = [
  ["stop", say("The loop stops, and fails")],
  ["continue", say("The others continue")],
  ["collect", say("The others continue, and the errors are kept in the result")],
] as const;

export function LoopFields({ step, control, place, set }: ControlFieldsProps<LoopJson>) {
  const isWhile = step.condition !== undefined;
  return (
    <>
      {isWhile
        ? <ConditionFields owner={step.key} place={at(place, "while")} name={say("condition of the loop")} />
        : (
          <ExpressionField
            label={say("List")}
            place={at(place, "over")}
            value={control.over}
            kind="json"
            onValue={(over) => set({ over: over ?? "" }, at(place, "over"))}
            required
            placeholder="$.webhook.tags"
          />
        )}
      <div className="fl-fields">
        <NumberField
          label={isWhile ? say("Rounds, at most") : say("Items, at most")}
          place={at(place, "max_items")}
          value={control.max_items}
          onValue={(value) => set({ max_items: value as number }, at(place, "max_items"))}
        />
        {!isWhile && (
          <NumberField
            label={say("Items at the same time")}
            place={at(place, "at_once")}
            value={control.at_once}
            onValue={(value) => set({ at_once: value as number }, at(place, "at_once"))}
          />
        )}
        <SelectField
          label={say("When an item fails")}
          place={at(place, "on_error")}
          value={control.on_error}
          choices={ON_ERROR}
          onValue={(on_error) => set({ on_error })}
        />
      </div>
    </>
  );
}
