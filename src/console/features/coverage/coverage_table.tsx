/** Event types with their delivery paths, grouped by reason; those that need a person come first. */

import type { CoveredEvent, DeliveryPath } from "./api.ts";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";

const PATHS: Record<DeliveryPath, string> = {
  manifest: "Manifest webhook",
  user_webhook: "Webhook of an API key",
  polling: "Polling",
  none: "None",
};

export function CoverageTable({ events }: { events: CoveredEvent[] }) {
  return (
    <div className="panel flush">
      <table className="cards coverage">
        <thead>
          <tr>
            <th scope="col">Event type</th>
            <th scope="col">Delivery path</th>
            <th scope="col">State</th>
            <th scope="col">Last, at the check</th>
          </tr>
        </thead>
        {groupsOf(events).map(([first, ...others]) => (
          <tbody key={first.eventType}>
            <tr>
              <th scope="rowgroup" colSpan={4}>
                {first.reason} {first.nextStep && <b>{first.nextStep}</b>}
              </th>
            </tr>
            {[first, ...others].map((event) => <Row key={event.eventType} event={event} />)}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Row({ event }: { event: CoveredEvent }) {
  const [tone, word] = stateOf(event);
  return (
    <tr>
      <td data-label="Event type">
        <code>{event.eventType}</code>
      </td>
      <td data-label="Delivery path">{PATHS[event.path]}</td>
      <td data-label="State">
        <Tag tone={tone}>{word}</Tag>
      </td>
      <td data-label="Last, at the check">
        {event.lastEventAt ? <When at={event.lastEventAt} as="ago" /> : "none yet"}
      </td>
    </tr>
  );
}

type Group = [CoveredEvent, ...CoveredEvent[]];

/** Grouped by state, reason and next step. */
function groupsOf(events: readonly CoveredEvent[]): Group[] {
  const groups = new Map<string, Group>();
  for (const event of events.toSorted((a, b) => rank(a) - rank(b) || a.eventType.localeCompare(b.eventType))) {
    const key = JSON.stringify([rank(event), event.reason, event.nextStep]);
    const group = groups.get(key);
    if (group) group.push(event);
    else groups.set(key, [event]);
  }
  return [...groups.values()];
}

function stateOf({ path, state }: CoveredEvent): [Tone, string] {
  if (path === "none") return ["bad", "Not covered"];
  if (state === "ok") return ["ok", "OK"];
  if (state === "unknown") return ["idle", "Not checked"];
  return ["warn", state.replaceAll("_", " ")];
}

function rank(event: CoveredEvent): number {
  const [tone] = stateOf(event);
  return { warn: 0, bad: 1, idle: 2, ok: 3, wait: 3 }[tone];
}
