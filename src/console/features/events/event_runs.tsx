/** The runs that an event made. */

import { Link } from "wouter";
import type { EventRun } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { RUN_STATES, RUN_TONES, Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";

export function EventRuns({ runs, why }: { runs: readonly EventRun[]; why: string }) {
  const format = useFormat();
  if (runs.length === 0) return <p className="muted">No flow ran for this event. {why}</p>;
  return (
    <table className="cards">
      <thead>
        <tr>
          <th scope="col">Flow</th>
          <th scope="col">State</th>
          <th scope="col">Queued</th>
          <th scope="col" className="num">Duration</th>
          <th scope="col">
            <span className="visually-hidden">Open</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <td data-label="Flow">
              <span>
                <Link href={`/flows/${run.flowId}`}>
                  <bdi>{run.flowName}</bdi>
                </Link>{" "}
                <span className="faint">
                  version {run.flowVersion}
                  {run.replay > 0 && ` · replay ${run.replay}`}
                </span>
              </span>
            </td>
            <td data-label="State">
              <Tag tone={RUN_TONES[run.state] ?? "idle"}>{RUN_STATES[run.state] ?? run.state}</Tag>
            </td>
            <td data-label="Queued">
              <When at={run.createdAt} />
            </td>
            <td data-label="Duration" className="num nowrap">
              {run.finishedAt ? format.duration(run.finishedAt.getTime() - run.createdAt.getTime()) : "–"}
            </td>
            <td data-label="Run" className="nowrap">
              <Link href={`/runs/${run.id}`} aria-label={`Open the run of ${run.flowName}`}>Open</Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
