/** The runs that an event made. */

import { Link } from "wouter";
import type { EventRun } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { RUN_STATES, RUN_TONES, Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";

export function EventRuns({ runs, why }: { runs: readonly EventRun[]; why: string }) {
  const format = useFormat();
  if (runs.length === 0) return <p className="muted">{say("No flow ran for this event.")} {why}</p>;
  return (
    <table className="cards">
      <thead>
        <tr>
          <th scope="col">{say("Flow")}</th>
          <th scope="col">{say("State")}</th>
          <th scope="col">{say("Queued")}</th>
          <th scope="col" className="num">{say("Duration")}</th>
          <th scope="col">
            <span className="visually-hidden">{say("Open")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <td data-label={say("Flow")}>
              <span>
                <Link href={`/flows/${run.flowId}`}>
                  <bdi>{run.flowName}</bdi>
                </Link>{" "}
                <span className="faint">
                  {say("version {number}", { number: run.flowVersion })}
                  {run.replay > 0 && ` · ${say("replay {number}", { number: run.replay })}`}
                </span>
              </span>
            </td>
            <td data-label={say("State")}>
              <Tag tone={RUN_TONES[run.state] ?? "idle"}>{RUN_STATES[run.state] ?? run.state}</Tag>
            </td>
            <td data-label={say("Queued")}>
              <When at={run.createdAt} />
            </td>
            <td data-label={say("Duration")} className="num nowrap">
              {run.finishedAt ? format.duration(run.finishedAt.getTime() - run.createdAt.getTime()) : "–"}
            </td>
            <td data-label={say("Run")} className="nowrap">
              <Link href={`/runs/${run.id}`} aria-label={say("Open the run of {flow}", { flow: run.flowName })}>
                {say("Open")}
              </Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
