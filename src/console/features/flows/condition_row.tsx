/** "If": which events the flow runs for. */

import type { Draft } from "./draft/draft.ts";
import { conditionWords, type Words } from "./draft/words.ts";
import { Tag } from "../../ui/tag.tsx";
import { ConditionAdders, ConditionFields } from "./condition_fields.tsx";
import { useEditor } from "./editor_context.tsx";
import { IF_ROW } from "./draft/rows.ts";
import { isWithin } from "./draft/paths.ts";
import { RowFrame } from "./row_frame.tsx";

/** Which events the flow runs for, in words. */
export function conditionTitle({ condition }: Draft, words: Words): string {
  if (condition === null) return "No conditions: every event matches";
  const said = conditionWords(condition, words);
  return said === "" ? "If these conditions are met" : `Only if ${said}`;
}

export function ConditionRow() {
  const { draft, dryRun, readOnly, words, faults, open } = useEditor();
  const { condition } = draft;
  const matched = condition === null ? undefined : dryRun?.matched ?? undefined;
  const note = matched === undefined
    ? undefined
    : <Tag tone={matched ? "ok" : "idle"}>{matched ? "matches the sample" : "does not match the sample"}</Tag>;
  return (
    <RowFrame
      rowKey={IF_ROW}
      mark="If"
      label="If"
      place="conditions"
      title={conditionTitle(draft, words)}
      note={note}
      faults={faults.filter(({ path }) => isWithin(path, "conditions"))}
      below={condition === null && open !== IF_ROW && readOnly === null && (
        <div className="fl-below">
          <ConditionAdders owner={undefined} place="conditions" name="condition" />
        </div>
      )}
    >
      <ConditionFields owner={undefined} place="conditions" />
    </RowFrame>
  );
}
