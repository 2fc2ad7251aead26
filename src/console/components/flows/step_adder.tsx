/** "Add step": a Clockify operation, or a request to another system where the workspace lets flows make them. */

import { addStep } from "../../flow_draft/steps.ts";
import { GuardedButton } from "../guarded_button.tsx";
import { useEditor, useFaults } from "./editor_context.tsx";
import { FaultText } from "./editor_context.tsx";
import { addAndShow } from "./fault_list.tsx";

export function StepAdder() {
  const { draft, change, vocabulary, readOnly, faults } = useEditor();
  const { id } = useFaults("actions");
  const own = faults.filter(({ path }) => path === "actions");
  const add = (type: "clockify" | "http") => {
    const place = `actions[${draft.steps.length}].${type === "http" ? "url" : "operation_id"}`;
    addAndShow(() => change(addStep(draft, type)), place, "center");
  };
  return (
    <div className="stack">
      <div className="row" data-at="actions" tabIndex={-1}>
        <GuardedButton className="btn" id="fl-add-step" blocked={readOnly} onClick={() => add("clockify")}>
          Add step: Clockify
        </GuardedButton>
        <GuardedButton
          className="btn"
          blocked={readOnly ??
            (vocabulary.genericHttp
              ? null
              : "Not allowed here: an admin allows HTTP requests in the settings of the add-on Universal Webhook in Clockify")}
          onClick={() => add("http")}
        >
          Add step: HTTP request
        </GuardedButton>
      </div>
      <FaultText faults={own} id={id} />
    </div>
  );
}
