/** Days kept by kind of data, and the last sweeps with the rows they deleted. */

import type { RetentionReport, RetentionRun } from "./api.ts";
import { KEPT_WORDS, keptWords, rowsByTable } from "./kept_words.ts";
import { useFormat } from "../../ui/format.tsx";
import { When } from "../../ui/when.tsx";
import { say, sayLabel } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import "./limits.css";

export function RetentionTables({ report: { kept, nextRunAt, lastRuns } }: { report: RetentionReport }) {
  return (
    <div className="stack">
      <div className="panel flush">
        <table className="cards">
          <thead>
            <tr>
              <th scope="col">{say("Data")}</th>
              <th scope="col">{say("Kept")}</th>
              <th scope="col">{say("Why no longer")}</th>
              <th scope="col">{say("Set by")}</th>
            </tr>
          </thead>
          <tbody>
            {kept.map(({ kind, days, source, variable, reason }) => (
              <tr key={kind}>
                <td data-label={say("Data")}>{KEPT_WORDS[kind]}</td>
                <td data-label={say("Kept")}>
                  <b>{keptWords(kind, days)}</b>
                </td>
                <td data-label={say("Why no longer")}>{sayLabel(reason)}</td>
                <td data-label={say("Set by")}>
                  {source === "workspace" ? say("Workspace, in Clockify") : say("Operator, or default")}
                  <code className="variable">{variable}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <section>
        <h2>{say("Last sweeps")}</h2>
        <p className="muted">
          <Say text="Next sweep: {time}." values={{ time: <When at={nextRunAt} as="full" /> }} />
        </p>
        {lastRuns.length === 0 ? <p>{say("No sweep has run yet.")}</p> : <Sweeps runs={lastRuns} />}
      </section>
    </div>
  );
}

const SWEEP_STATES: Readonly<Record<string, string>> = {
  running: say("running##a sweep"),
  completed: say("completed##a sweep"),
  failed: say("failed##a sweep"),
  interrupted: say("interrupted##a sweep"),
};

function Sweeps({ runs }: { runs: RetentionRun[] }) {
  const format = useFormat();
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">{say("Scheduled")}</th>
            <th scope="col">{say("Ended")}</th>
            <th scope="col">{say("Rows deleted")}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map(({ slot, state, finishedAt, deleted }) => (
            <tr key={slot.toISOString()}>
              <td data-label={say("Scheduled")}>
                <When at={slot} as="full" />
              </td>
              <td data-label={say("Ended")}>
                {finishedAt ? <When at={finishedAt} as="full" /> : SWEEP_STATES[state] ?? state}
              </td>
              <td data-label={say("Rows deleted")}>{rowsByTable(deleted, format.number) || say("none##rows")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
