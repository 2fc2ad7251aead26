/** The run as a waterfall: a row each for its trigger, its wait in the queue and its steps; a step is chosen by its row. */

import type { RunStep } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { ChartTable } from "../../ui/chart.tsx";
import { inSentence, say } from "../../words/say.ts";
import { stepText } from "./run_words.ts";
import {
  type Bar,
  type BarKind,
  type DrawnRun,
  tickText,
  type Waterfall,
  type WaterfallRow,
} from "./waterfall_layout.ts";
import "./waterfall.css";

/** So that colour is not the only difference. */
const GLYPHS: Partial<Record<BarKind, string>> = { succeeded: "✓", failed: "✕", uncertain: "?", running: "…" };

export interface RunWaterfallProps {
  run: DrawnRun;
  layout: Waterfall;
  /** Path of a step. */
  chosen?: string;
  onChoose(step: RunStep): void;
}

export function RunWaterfall({ run, layout, chosen, onChoose }: RunWaterfallProps) {
  const format = useFormat();
  return (
    <div className="panel waterfall">
      <h2>{say("Timeline")}</h2>
      <div className="fall-axis" aria-hidden="true">
        <span />
        <span className="fall-ticks">
          {layout.ticks.map(({ left, ms }) => <i key={ms} style={{ left: `${left}%` }}>{tickText(ms)}</i>)}
        </span>
        <span />
      </div>
      <ol className="fall">
        {layout.rows.map((row) => (
          <li key={row.key}>
            {row.step
              ? (
                <button
                  type="button"
                  className={`fall-row${row.step.state === "not_started" ? " faint" : ""}`}
                  aria-pressed={row.key === chosen}
                  onClick={() => onChoose(row.step!)}
                >
                  <Label row={row} run={run} />
                  <Track row={row} layout={layout} />
                  <Duration row={row} />
                </button>
              )
              : (
                <div className="fall-row">
                  <Label row={row} run={run} />
                  <Track row={row} layout={layout} />
                  <Duration row={row} />
                </div>
              )}
          </li>
        ))}
      </ol>
      <p className="row fall-legend muted" aria-hidden="true">
        <span>
          <i className="bar-succeeded">✓</i> {say("succeeded")}
        </span>
        <span>
          <i className="bar-failed">✕</i> {say("failed")}
        </span>
        <span>
          <i className="bar-uncertain">?</i> {say("uncertain")}
        </span>
        <span>
          <i className="bar-waiting" /> {say("waiting")}
        </span>
      </p>
      <ChartTable
        label={say("Timeline")}
        columns={[say("What"), say("Started after"), say("Duration")]}
        text
        rows={layout.rows.flatMap((row) =>
          (row.bars.length === 0 ? [undefined] : row.bars).map((bar, index) => ({
            key: `${row.key} ${index}`,
            cells: [
              `${nameOf(row)}: ${bar ? inSentence(bar.text) : say("not started")}`,
              bar ? format.duration(bar.startMs) : "–",
              bar ? format.duration(bar.ms) : "–",
            ],
          }))
        )}
      />
    </div>
  );
}

function nameOf({ label, step }: WaterfallRow): string {
  return step ? say("Step {number} {name}", { number: step.number, name: label }) : label;
}

function Label({ row: { key, label, step }, run }: { row: WaterfallRow; run: DrawnRun }) {
  if (!step) {
    return (
      <span className="fall-label">
        <span className="run-cut">{label}</span>
        {key === "trigger" && run.eventType && <span className="muted run-cut">{run.eventType}</span>}
      </span>
    );
  }
  const { attempts } = step;
  return (
    <span className="fall-label">
      <span className="run-cut">
        <b>{step.number}</b> <bdi>{label}</bdi>
      </span>
      <bdi className="muted run-cut" title={step.title}>{step.title}</bdi>
      <span className="visually-hidden">
        {stepText(step, run).text}
        {attempts.length > 1 && say(", {count} attempts", { count: attempts.length })},
      </span>
    </span>
  );
}

function Track({ row, layout }: { row: WaterfallRow; layout: Waterfall }) {
  return (
    <span className="fall-track" aria-hidden="true">
      {layout.ticks.map(({ left, ms }) => <i key={ms} className="fall-line" style={{ left: `${left}%` }} />)}
      {row.bars.map((bar) => <BarPiece key={`${bar.kind} ${bar.startMs}`} bar={bar} />)}
    </span>
  );
}

function BarPiece({ bar: { kind, left, width, text, ms } }: { bar: Bar }) {
  const format = useFormat();
  return (
    <span
      className={`fall-bar bar-${kind}`}
      // The least width stays inside the track.
      style={{ left: `min(${left}%, calc(100% - 2px))`, width: `max(2px, ${width}%)` }}
      title={`${text} · ${format.duration(ms)}`}
    >
      {GLYPHS[kind]}
    </span>
  );
}

function Duration({ row: { ms } }: { row: WaterfallRow }) {
  const format = useFormat();
  return (
    <span className="fall-duration nowrap">{ms === null ? <span className="faint">–</span> : format.duration(ms)}</span>
  );
}
