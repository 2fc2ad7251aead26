/** Event types with the way each comes; those that need a person stand first. */

import type { CoveredEvent, Way } from "../../api/coverage.ts";
import { Tag, type Tone } from "../tag.tsx";
import { When } from "../when.tsx";

const WAYS: Record<Way, string> = {
  manifest: "Webhook of the manifest",
  user_webhook: "Webhook of a person's key",
  polling: "Comparing lists",
  none: "None",
};

export function CoverageTable({ events }: { events: CoveredEvent[] }) {
  const sorted = [...events].sort((a, b) => rank(a) - rank(b) || a.eventType.localeCompare(b.eventType));
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Event type</th>
            <th scope="col">Way</th>
            <th scope="col">State</th>
            <th scope="col">Last</th>
            <th scope="col">Why, and what to do</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((event) => {
            const [tone, word] = stateOf(event);
            return (
              <tr key={event.eventType}>
                <td data-label="Event type">
                  <code>{event.eventType}</code>
                </td>
                <td data-label="Way">{WAYS[event.way]}</td>
                <td data-label="State">
                  <Tag tone={tone}>{word}</Tag>
                </td>
                <td data-label="Last">{event.lastEventAt ? <When at={event.lastEventAt} as="ago" /> : "none yet"}</td>
                <td data-label="Why">
                  <span>
                    {event.reason} {event.nextStep && <b>{event.nextStep}</b>}
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function stateOf({ way, state }: CoveredEvent): [Tone, string] {
  if (way === "none") return ["bad", "Not covered"];
  if (state === "ok") return ["ok", "Fine"];
  if (state === "unknown") return ["idle", "Not checked"];
  return ["warn", state.replaceAll("_", " ")];
}

function rank(event: CoveredEvent): number {
  const [tone] = stateOf(event);
  return { warn: 0, bad: 1, idle: 2, ok: 3, wait: 3 }[tone];
}
