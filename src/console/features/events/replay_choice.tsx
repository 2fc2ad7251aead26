/** What a replay runs: failed runs from the failed step, all flows from the first step, or selected ones. */

import type { ReplayWish } from "./api.ts";
import { say } from "../../words/say.ts";

export interface ReplayChoiceProps {
  wish: ReplayWish;
  /** Undefined while they are read. */
  flows: readonly { id: string; name: string }[] | undefined;
  busy: boolean;
  onWish(wish: ReplayWish): void;
}

const CHOICES: { flows: "failed" | "all"; label: string }[] = [
  { flows: "failed", label: say("Only failed runs, from the step they failed at") },
  { flows: "all", label: say("All flows again, from the first step") },
];

export function ReplayChoice({ wish, flows, busy, onWish }: ReplayChoiceProps) {
  const chosen = typeof wish.flows === "string" ? undefined : wish.flows;
  const toggle = (id: string, on: boolean) =>
    onWish({ flows: on ? [...chosen ?? [], id] : (chosen ?? []).filter((one) => one !== id) });
  return (
    <fieldset className="replay-choice" disabled={busy}>
      <legend className="visually-hidden">{say("What to run")}</legend>
      {CHOICES.map((choice) => (
        <label key={choice.flows} className="row">
          <input
            type="radio"
            name="replay-flows"
            checked={wish.flows === choice.flows}
            onChange={() => onWish({ flows: choice.flows })}
          />
          <span>{choice.label}</span>
        </label>
      ))}
      <label className="row">
        <input type="radio" name="replay-flows" checked={chosen !== undefined} onChange={() => onWish({ flows: [] })} />
        <span>{say("Selected flows, from the first step")}</span>
      </label>
      {chosen && (
        <div className="replay-flows">
          {flows === undefined
            ? <span className="muted">{say("Loading the flows…")}</span>
            : flows.length === 0
            ? <span className="muted">{say("There are no flows.")}</span>
            : flows.map(({ id, name }) => (
              <label key={id} className="row">
                <input
                  type="checkbox"
                  checked={chosen.includes(id)}
                  onChange={({ target }) => toggle(id, target.checked)}
                />
                <bdi>{name}</bdi>
              </label>
            ))}
        </div>
      )}
      {wish.flows === "failed" && (
        <label className="row">
          <input
            type="checkbox"
            checked={wish.version === "present"}
            onChange={({ target }) => onWish({ ...wish, version: target.checked ? "present" : "same" })}
          />
          <span>{say("Use the current version of their flows, as after a fix")}</span>
        </label>
      )}
    </fieldset>
  );
}
