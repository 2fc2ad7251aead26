/** Event types with their delivery paths, grouped by reason; those that need a person come first. */

import type { CoveredEvent, DeliveryPath } from "./api.ts";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";

const PATHS: Record<DeliveryPath, string> = {
  manifest: say("Manifest webhook"),
  user_webhook: say("Webhook of an API key"),
  polling: say("Polling"),
  none: say("None##a way"),
};

/** Of webhooks that something is wrong with. */
const FAULTY: Record<Exclude<CoveredEvent["state"], "ok" | "unknown">, string> = {
  disabled: say("disabled"),
  delivery_disabled: say("delivery disabled"),
  plan_disabled: say("plan disabled"),
  missing: say("missing"),
  silent: say("silent"),
};

export function CoverageTable({ events }: { events: CoveredEvent[] }) {
  return (
    <div className="panel flush">
      <table className="cards coverage">
        <thead>
          <tr>
            <th scope="col">{say("Event type")}</th>
            <th scope="col">{say("Delivery path")}</th>
            <th scope="col">{say("State")}</th>
            <th scope="col">{say("Last, at the check")}</th>
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
      <td data-label={say("Event type")}>
        <code>{event.eventType}</code>
      </td>
      <td data-label={say("Delivery path")}>{PATHS[event.path]}</td>
      <td data-label={say("State")}>
        <Tag tone={tone}>{word}</Tag>
      </td>
      <td data-label={say("Last, at the check")}>
        {event.lastEventAt ? <When at={event.lastEventAt} as="ago" /> : say("none yet")}
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
  if (path === "none") return ["bad", say("Not covered")];
  if (state === "ok") return ["ok", say("OK")];
  if (state === "unknown") return ["idle", say("Not checked")];
  return ["warn", FAULTY[state]];
}

function rank(event: CoveredEvent): number {
  const [tone] = stateOf(event);
  return { warn: 0, bad: 1, idle: 2, ok: 3, wait: 3 }[tone];
}
