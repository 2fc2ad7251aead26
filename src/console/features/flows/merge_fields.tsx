/** What happens to the fields that a step does not set, and the switch to replace the whole object. */

import { useId } from "react";
import type { OperationWords } from "./vocabulary_api.ts";
import type { ClockifyActionJson } from "./draft/json.ts";
import { entityWords } from "./draft/entity_words.ts";
import { mergeWords } from "./draft/merge.ts";
import { at } from "./draft/paths.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import type { ActionFieldsProps } from "./action_fields.ts";
import { say } from "../../words/say.ts";

type MergeProps = Pick<ActionFieldsProps<ClockifyActionJson>, "action" | "place" | "set"> & {
  operation: OperationWords;
};

/** Always in sight. */
export function MergeNotice({ action, operation }: MergeProps) {
  const { stays, warning } = mergeWords(operation, action);
  return (
    <>
      {stays && <p className="fl-note muted">{stays}</p>}
      {warning && <p className={`fl-note alert${action.replace ? " bad" : ""}`} role="status">{warning}</p>}
    </>
  );
}

export function ReplaceSwitch({ action, place, set, operation }: MergeProps) {
  const { readOnly } = useEditor();
  const own = at(place, "replace");
  const { faults, invalid, id } = useFaults(own);
  const hint = useId();
  const noun = operation.fullReplace?.noun;
  if (noun === undefined && !action.replace) return null;
  return (
    <div className="fl-field">
      <label className="fl-check">
        <input
          type="checkbox"
          checked={action.replace === true}
          disabled={readOnly !== null}
          onChange={({ target }) => set({ replace: target.checked || undefined })}
          aria-invalid={invalid || undefined}
          aria-describedby={[hint, id].filter(Boolean).join(" ")}
          data-at={own}
        />
        <span>
          {noun === undefined
            ? say("Replace the whole object")
            : say("Replace the whole {noun}", { noun: entityWords(noun) })}
          <span className="muted" id={hint}>{say(": fields that are not set here are lost")}</span>
        </span>
      </label>
      <FaultText faults={faults} id={id} />
    </div>
  );
}
