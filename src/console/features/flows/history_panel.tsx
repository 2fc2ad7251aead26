/** "Had this been on since …": asked of the draft or of a version, beside what is published. */

import { type FormEvent, useId, useState } from "react";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { beginOfDay, fromWallClock, toWallClock } from "../../ui/wall_clock.ts";
import { say } from "../../words/say.ts";
import { isGoing, type LookedAt } from "./history_api.ts";
import { HistoryLine, HistoryResult } from "./history_result.tsx";
import { useHistory } from "./use_history.ts";

/** What people ask about mostly. */
const USUAL_DAYS = 30;

export function HistoryPanel(
  { flowId, versions, draftStamp, blocked }: {
    flowId: string;
    /** Numbers, the published one first. */
    versions: readonly number[];
    /** Undefined where there is no draft. */
    draftStamp: string | undefined;
    blocked: string | null;
  },
) {
  const { zone } = useFormat();
  const [chosen, setChosen] = useState<LookedAt>();
  const what = chosen ?? (draftStamp === undefined ? versions[0]! : "draft");
  const isDraft = what === "draft" && draftStamp !== undefined;
  const { run, error, isStarting, start, stop } = useHistory(flowId, what, isDraft ? draftStamp : undefined);
  const [since, setSince] = useState(() => toWallClock(usualSince(zone), zone));
  const ids = { what: useId(), since: useId() };
  const begin = (event: FormEvent) => {
    event.preventDefault();
    const at = fromWallClock(since, zone);
    const isBusy = isStarting || (run !== undefined && isGoing(run));
    if (!blocked && !isBusy && at !== "") start(at);
  };
  return (
    <section className="panel stack" aria-label={say("Had this been on since")}>
      <form className="fl-look" onSubmit={begin}>
        <h2 className="said">{say("Had this been on since…")}</h2>
        <label htmlFor={ids.what} className="fl-label muted">{say("What")}</label>
        <select
          id={ids.what}
          value={String(what)}
          onChange={({ target }) => setChosen(target.value === "draft" ? "draft" : Number(target.value))}
        >
          {draftStamp !== undefined && <option value="draft">{say("The draft")}</option>}
          {versions.map((version, index) => (
            <option key={version} value={version}>
              {index === 0
                ? say("Version {version}, which is published", { version })
                : say("Version {version}", { version })}
            </option>
          ))}
        </select>
        <label htmlFor={ids.since} className="fl-label muted">{say("Since")}</label>
        <input
          id={ids.since}
          type="datetime-local"
          value={since}
          required
          onChange={({ target }) => setSince(target.value)}
        />
        <GuardedButton
          type="submit"
          className="btn"
          blocked={blocked ?? (isStarting || (run && isGoing(run)) ? say("It is being looked at") : null)}
        >
          {say("Look at the events")}
        </GuardedButton>
      </form>
      {error && <p className="fault" role="alert">{error.message}</p>}
      {run ? <HistoryResult run={run} onStop={stop} /> : (
        <p className="muted">
          {say("It looks at stored events, counts what would match and be requested, and sends nothing.")}
        </p>
      )}
    </section>
  );
}

/** In the question whether to publish: the numbers of the draft, or a button that counts them. */
export function DraftHistory({ flowId, stamp, blocked }: { flowId: string; stamp: string; blocked: string | null }) {
  const { zone } = useFormat();
  const { run, error, isStarting, start, stop } = useHistory(flowId, "draft", stamp);
  return (
    <section className="fl-field" aria-label={say("What it would have done")}>
      {error && <p className="fault" role="alert">{error.message}</p>}
      {run ? isGoing(run) ? <HistoryResult run={run} onStop={stop} /> : <HistoryLine run={run} /> : (
        <div>
          <GuardedButton
            className="btn small"
            blocked={blocked ?? (isStarting ? say("It is being looked at") : null)}
            onClick={() => start(usualSince(zone))}
          >
            {say("Look at the last {days} days", { days: USUAL_DAYS })}
          </GuardedButton>{" "}
          <span className="muted">{say("counts what would have matched, and sends nothing")}</span>
        </div>
      )}
    </section>
  );
}

function usualSince(timeZone: string): string {
  return beginOfDay(new Date(), { timeZone, days: -USUAL_DAYS }).toISOString();
}
