/** Lists of a step that may be left out: with each, what its absence means. */

import type { ReactNode } from "react";
import { addLane, removeLane } from "./draft/lanes.ts";
import type { ControlStep, ListName } from "./draft/tree.ts";
import { useEditor } from "./editor_context.tsx";
import { Check } from "./small_fields.tsx";

/** Each with its words, and what they mean. */
export function OptionalLanes(
  { step, lists }: { step: ControlStep; lists: readonly (readonly [ListName, string, ReactNode])[] },
) {
  const { draft, change } = useEditor();
  return (
    <div className="fl-checks">
      {lists.map(([list, label, about]) => {
        const lane = step.lanes.find((one) => one.list === list);
        return (
          <Check
            key={list}
            label={label}
            about={about}
            checked={lane !== undefined}
            onCheck={(wanted) =>
              change(wanted ? addLane(draft, step.key, list) : lane ? removeLane(draft, lane.key) : draft)}
          />
        );
      })}
    </div>
  );
}
