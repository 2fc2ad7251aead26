/** The newest events with what became of each, so that an arrival is seen without leaving the dashboard. */

import { Link } from "wouter";
import type { EventRow } from "../events/api.ts";
import { OutcomeTag } from "../events/outcome.tsx";
import { When } from "../../ui/when.tsx";

export function Latest({ rows }: { rows: EventRow[] }) {
  if (rows.length === 0) return null;
  return (
    <section className="panel" aria-label="Newest events">
      <div className="row">
        <h2 className="grow">Newest events</h2>
        <Link href="/events" className="btn small">Watch live</Link>
      </div>
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            <th scope="col">Subject</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td data-label="Time" className="mono">
                <When at={row.receivedAt} />
              </td>
              <td data-label="Event">
                <Link href={`/events/${row.id}`}>{row.eventType}</Link>
              </td>
              <td data-label="Subject">
                <bdi>{row.subject}</bdi>
              </td>
              <td data-label="Outcome">
                <OutcomeTag outcome={row.outcome} reason={row.reason} runs={row.runs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
