/** The lists below the cards: failures by cause, coverage and installation, and the most frequent events. */

import { Link } from "wouter";
import type { Overview } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { withQuery } from "./overview_words.ts";
import { Meter } from "./number_card.tsx";
import "./home.css";

export function TopTypes({ overview }: { overview: Overview }) {
  const format = useFormat();
  const { byType } = overview.events;
  const most = Math.max(1, ...byType.map(({ count }) => count));
  const from = overview.period.from.toISOString();
  return (
    <section className="panel">
      <h2>Most frequent events</h2>
      {byType.length === 0 ? <p className="muted">No event was received in this period.</p> : (
        <ol className="types">
          {byType.map(({ eventType, count }) => (
            <li key={eventType}>
              <Link href={withQuery("/events", { event_type: eventType, from })}>
                <bdi>{eventType}</bdi>
              </Link>
              <span className="num">{format.number(count)}</span>
              <span className="meter-track" aria-hidden="true">
                <span className="meter-bar meter-accent" style={{ width: `${count / most * 100}%` }} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

const PATHS = [
  { key: "manifest", label: "by manifest webhooks" },
  { key: "userWebhook", label: "by registered webhooks" },
  { key: "polling", label: "by polling" },
  { key: "none", label: "not received" },
] as const;

export function Coverage({ coverage, install }: Pick<Overview, "coverage" | "install">) {
  const active = install.status.toLowerCase() === "active";
  return (
    <section className="panel stack">
      <div>
        <h2>Delivery paths</h2>
        <Meter
          label="Event types covered"
          value={coverage.covered}
          max={coverage.total}
          text={`${coverage.covered} of ${coverage.total}`}
          tone="ok"
        />
        <ul className="delivery-paths">
          {PATHS.filter(({ key }) => coverage[key] > 0).map(({ key, label }) => (
            <li key={key}>
              <b>{coverage[key]}</b> {label}
            </li>
          ))}
          {coverage.alarms > 0 && (
            <li>
              <b className="card-bad">{coverage.alarms}</b> {coverage.alarms === 1 ? "needs" : "need"} attention
            </li>
          )}
        </ul>
        <Link href="/coverage" className="btn small">Show coverage</Link>
      </div>
      <div>
        <h2>Installation</h2>
        <p>
          <Tag tone={active ? "ok" : "warn"}>{active ? "Active" : "Switched off"}</Tag>{" "}
          <span className="muted">
            since <When at={install.installedAt} as="full" /> · version {install.version}
          </span>
        </p>
      </div>
    </section>
  );
}
