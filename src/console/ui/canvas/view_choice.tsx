/** List or canvas: two views of the same steps. */

import type { FlowView } from "./use_flow_view.ts";
import "./view_choice.css";
import { say } from "../../words/say.ts";

const VIEWS = [["list", say("List")], ["canvas", say("Canvas")]] as const;

export function ViewChoice({ view, onView }: { view: FlowView; onView(view: FlowView): void }) {
  return (
    <div className="fl-views" role="group" aria-label={say("View")}>
      {VIEWS.map(([name, label]) => (
        <button
          key={name}
          type="button"
          className="btn small"
          aria-pressed={view === name}
          onClick={() => onView(name)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
