/** A switch: on or off at once, with its state in words. */

import { useId } from "react";
import "./switch.css";
import { say } from "../../words/say.ts";

export function Switch(
  { label, on, onSwitch, blocked }: {
    label: string;
    on: boolean;
    onSwitch(on: boolean): void;
    /** Why it cannot be switched. */
    blocked?: string | null;
  },
) {
  const reason = useId();
  return (
    <>
      <button
        type="button"
        role="switch"
        className="switch"
        aria-checked={on}
        aria-label={label}
        aria-disabled={blocked ? "true" : undefined}
        aria-describedby={blocked ? reason : undefined}
        title={blocked ?? undefined}
        onClick={() => blocked || onSwitch(!on)}
      >
        <span className="switch-track" aria-hidden="true" />
        <span aria-hidden="true">{on ? say("On") : say("Off")}</span>
      </button>
      {blocked && <span id={reason} className="visually-hidden">{blocked}</span>}
    </>
  );
}
