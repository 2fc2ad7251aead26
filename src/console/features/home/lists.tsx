/** The lists below the cards: failures by cause, coverage and installation, and the most frequent events. */

import { Link } from "wouter";
import type { Overview } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
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
      <h2>{say("Most frequent events")}</h2>
      {byType.length === 0
        ? <p className="muted">{say("No event was received in this period.")}</p>
        : (
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
  { key: "manifest", label: say("by manifest webhooks") },
  { key: "userWebhook", label: say("by registered webhooks") },
  { key: "polling", label: say("by polling") },
  { key: "none", label: say("not received") },
] as const;

export function Coverage({ coverage, install }: Pick<Overview, "coverage" | "install">) {
  const active = install.status.toLowerCase() === "active";
  return (
    <section className="panel stack">
      <div>
        <h2>{say("Delivery paths")}</h2>
        <Meter
          label={say("Event types covered")}
          value={coverage.covered}
          max={coverage.total}
          text={say("{count} of {total}", { count: coverage.covered, total: coverage.total })}
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
              <b className="card-bad">{coverage.alarms}</b>{" "}
              {sayCount(coverage.alarms, "needs attention", "need attention")}
            </li>
          )}
        </ul>
        <Link href="/coverage" className="btn small">{say("Show coverage")}</Link>
      </div>
      <div>
        <h2>{say("Installation")}</h2>
        <p>
          <Tag tone={active ? "ok" : "warn"}>
            {active ? say("Active##an installation") : say("Switched off##an installation")}
          </Tag>{" "}
          <span className="muted">
            <Say
              text="since {when} · version {version}"
              values={{ when: <When at={install.installedAt} as="full" />, version: install.version }}
            />
          </span>
        </p>
      </div>
    </section>
  );
}
