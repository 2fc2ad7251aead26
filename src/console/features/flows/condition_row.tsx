/** "If": which events the flow runs for. */

import type { Draft } from "./draft/draft.ts";
import { conditionWords, type Words } from "./draft/words.ts";
import { Tag } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import { ConditionAdders, ConditionFields } from "./condition_fields.tsx";
import { useEditor } from "./editor_context.tsx";
import { IF_ROW } from "./draft/rows.ts";
import { isWithin } from "./draft/paths.ts";
import { RowFrame } from "./row_frame.tsx";

/** Which events the flow runs for, in words. */
export function conditionTitle({ condition }: Draft, words: Words): string {
  if (condition === null) return say("No conditions: every event matches");
  const said = conditionWords(condition, words);
  return said === "" ? say("If these conditions are met") : say("Only if {condition}", { condition: said });
}

export function ConditionRow() {
  const { draft, dryRun, readOnly, words, faults, open } = useEditor();
  const { condition } = draft;
  const matched = condition === null ? undefined : dryRun?.matched ?? undefined;
  const note = matched === undefined
    ? undefined
    : <Tag tone={matched ? "ok" : "idle"}>{matched ? say("matches the sample") : say("does not match the sample")}
    </Tag>;
  return (
    <RowFrame
      rowKey={IF_ROW}
      mark={say("If")}
      label={say("If")}
      place="conditions"
      title={conditionTitle(draft, words)}
      note={note}
      faults={faults.filter(({ path }) => isWithin(path, "conditions"))}
      below={condition === null && open !== IF_ROW && readOnly === null && (
        <div className="fl-below">
          <ConditionAdders owner={undefined} place="conditions" name={say("condition")} />
        </div>
      )}
    >
      <ConditionFields owner={undefined} place="conditions" />
    </RowFrame>
  );
}
