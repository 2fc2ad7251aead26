/** What follows from each answer: the steps that run because of it, and what becomes of the run. */

import { say } from "../../words/say.ts";
import type { ApprovalDetail, FollowingStep, Outcome } from "./api.ts";
import { thenText } from "./approval_words.ts";

export function Consequences({ approval: { state, approve, reject, expire, after } }: { approval: ApprovalDetail }) {
  if (approve === null && reject === null) {
    return <p className="muted">{say("The run has another plan by now: what follows is not known.")}</p>;
  }
  const shown = { open: true, approved: approve, rejected: reject, expired: expire, cancelled: null }[state];
  if (state !== "open") {
    return shown ? <Follows title={say("What follows")} outcome={shown as Outcome} after={after} /> : null;
  }
  return (
    <>
      {approve && <Follows title={say("If you approve")} outcome={approve} after={after} />}
      {reject && <Follows title={say("If you reject")} outcome={reject} after={after} />}
      {expire && (
        <details>
          <summary>{say("If there is no answer in time")}</summary>
          <Follows outcome={expire} after={after} />
        </details>
      )}
    </>
  );
}

function Follows({ title, outcome, after }: { title?: string; outcome: Outcome; after: readonly FollowingStep[] }) {
  const continues = outcome.then === "goes_on";
  return (
    <div className="ap-follows">
      {title && <h3>{title}</h3>}
      <Steps steps={outcome.steps} />
      <p className="muted">{thenText(outcome, after)}</p>
      {continues && <Steps steps={after} />}
    </div>
  );
}

const MAX_SHOWN = 8;

function Steps({ steps }: { steps: readonly FollowingStep[] }) {
  if (steps.length === 0) return null;
  return (
    <ul className="ap-steps">
      {steps.slice(0, MAX_SHOWN).map(({ id, name, title }) => (
        <li key={id}>
          <bdi>{name}</bdi>
          {title !== name && (
            <>
              {" "}
              <code className="muted">
                <bdi>{title}</bdi>
              </code>
            </>
          )}
        </li>
      ))}
      {steps.length > MAX_SHOWN && (
        <li className="muted">{say("and {count} more", { count: steps.length - MAX_SHOWN })}</li>
      )}
    </ul>
  );
}
