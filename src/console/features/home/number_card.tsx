/** The card of Home, and the meter inside it. */

import type { ReactNode } from "react";
import "./home.css";

/** A card with a heading, a number, a note and its content. */
export function NumberCard(
  { title, value, children, note }: { title: string; value: ReactNode; note: ReactNode; children?: ReactNode },
) {
  return (
    <section className="panel card">
      <h2>{title}</h2>
      <p className="card-number">{value}</p>
      <p className="card-note muted">{note}</p>
      {children}
    </section>
  );
}

/** A value out of a maximum, as a bar with a text. */
export function Meter(
  { label, value, max, text, tone = "accent" }: {
    label: string;
    value: number;
    max: number;
    text: string;
    tone?: "accent" | "ok" | "wait" | "warn";
  },
) {
  const share = max > 0 ? Math.min(100, Math.max(0, value / max * 100)) : 0;
  return (
    <div className="meter">
      <span className="meter-words">
        <span>{label}</span>
        <b>{text}</b>
      </span>
      <span
        className="meter-track"
        role="meter"
        aria-label={label}
        aria-valuenow={Math.round(share)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={text}
      >
        <span className={`meter-bar meter-${tone}`} style={{ width: `${share}%` }} />
      </span>
    </div>
  );
}
