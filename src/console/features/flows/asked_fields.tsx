/** The values that a step added from an intent needs: one field each. */

import { say, sayLabel } from "../../words/say.ts";
import type { Asked } from "./vocabulary_api.ts";
import { answerOf, type StepIntent, withAnswer } from "./draft/intents.ts";
import type { ClockifyActionJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import type { ActionFieldsProps } from "./action_fields.ts";
import { ParamField } from "./param_field.tsx";

/** As parameters of operations call the types. */
const TYPES: Record<Asked["type"], string> = {
  text: "string",
  number: "number",
  boolean: "boolean",
  duration: "string",
  instant: "date-time",
  entity: "string",
};

export function AskedFields(
  { action, place, set, use }: ActionFieldsProps<ClockifyActionJson> & { use: StepIntent },
) {
  if (use.asks.length === 0) return null;
  return (
    <div className="fl-fields fl-asked">
      {use.asks.map((asked) => {
        const own = placeOf(asked, place);
        return (
          <ParamField
            key={own}
            param={{ name: sayLabel(asked.label), type: TYPES[asked.type], required: true, values: [] }}
            entityType={asked.type === "entity" ? asked.entity : undefined}
            place={own}
            value={answerOf(action, asked, use)}
            onValue={(value) => set(withAnswer(action, { asked, value, use }), own)}
            placeholder={asked.example === undefined
              ? undefined
              : say("for example: {example}", { example: String(asked.example) })}
          />
        );
      })}
    </div>
  );
}

/** Path of the asked value in the definition of the action at `place`. */
export function placeOf({ path }: Asked, place: string): string {
  return path.reduce(at, place);
}
