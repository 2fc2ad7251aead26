/** Days kept by kind of data, and the last sweeps with the rows they deleted. */

import type { RetentionReport, RetentionRun } from "./api.ts";
import { KEPT_WORDS, keptWords, rowsByTable } from "./kept_words.ts";
import { useFormat } from "../../ui/format.tsx";
import { When } from "../../ui/when.tsx";
import "./limits.css";

export function RetentionTables({ report: { kept, nextRunAt, lastRuns } }: { report: RetentionReport }) {
  return (
    <div className="stack">
      <div className="panel flush">
        <table className="cards">
          <thead>
            <tr>
              <th scope="col">Data</th>
              <th scope="col">Kept</th>
              <th scope="col">Why no longer</th>
              <th scope="col">Set by</th>
            </tr>
          </thead>
          <tbody>
            {kept.map(({ kind, days, source, variable, reason }) => (
              <tr key={kind}>
                <td data-label="Data">{KEPT_WORDS[kind]}</td>
                <td data-label="Kept">
                  <b>{keptWords(kind, days)}</b>
                </td>
                <td data-label="Why no longer">{reason}</td>
                <td data-label="Set by">
                  {source === "workspace" ? "Workspace, in Clockify" : "Operator, or default"}
                  <code className="variable">{variable}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <section>
        <h2>Last sweeps</h2>
        <p className="muted">
          Next sweep: <When at={nextRunAt} as="full" />.
        </p>
        {lastRuns.length === 0 ? <p>No sweep has run yet.</p> : <Sweeps runs={lastRuns} />}
      </section>
    </div>
  );
}

function Sweeps({ runs }: { runs: RetentionRun[] }) {
  const format = useFormat();
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Scheduled</th>
            <th scope="col">Ended</th>
            <th scope="col">Rows deleted</th>
          </tr>
        </thead>
        <tbody>
          {runs.map(({ slot, state, finishedAt, deleted }) => (
            <tr key={slot.toISOString()}>
              <td data-label="Scheduled">
                <When at={slot} as="full" />
              </td>
              <td data-label="Ended">{finishedAt ? <When at={finishedAt} as="full" /> : state}</td>
              <td data-label="Rows deleted">{rowsByTable(deleted, format.number) || "none"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
