/** A small bar chart over time, and the table that shows the same numbers as text. */

import { type ReactNode, useState } from "react";
import { barHeight, type Bucket } from "./chart_scale.ts";
import { Dialog } from "./dialog.tsx";
import { inSentence, say } from "../words/say.ts";
import "./chart.css";

export interface Series<Name extends string> {
  name: Name;
  /** "Duplicates": heads the column, and names it in the line below. */
  label: string;
  tone: "accent" | "ok" | "bad" | "wait" | "idle";
  /** Drawn below the base line: distinguished by position, not by colour alone. */
  below?: boolean;
}

/** What a bar stands for: from `from`, before `to`. */
export interface Span {
  from: Date;
  to: Date;
}

export interface BarChartProps<Name extends string> {
  /** "Events by hour" */
  label: string;
  series: readonly Series<Name>[];
  buckets: readonly Bucket<Name>[];
  times: {
    /** "Sat 14:00" */
    start(at: Date): string;
    /** "Sat 14:00 to 15:00" */
    span(span: Span): string;
  };
  numberText(value: number): string;
  /** Filters by the time of the bar. */
  onChoose(span: Span): void;
}

const ABOVE = 44;
const BELOW = 12;

/** Bars above the line are stacked. Hovering shows a bar's numbers, a click filters by its time. Keyboards and screen readers use the table. */
export function BarChart<Name extends string>(props: BarChartProps<Name>) {
  const { label, series, buckets, times, numberText, onChoose } = props;
  const [pointed, setPointed] = useState<number>();
  const above = series.filter(({ below }) => !below);
  const below = series.filter((each) => each.below);
  const sum = (bucket: Bucket<Name>, of: typeof series) =>
    of.reduce((total, { name }) => total + bucket.values[name], 0);
  const max = Math.max(0, ...buckets.map((bucket) => sum(bucket, above)));
  const maxBelow = Math.max(0, ...buckets.map((bucket) => sum(bucket, below)));
  const height = ABOVE + (below.length > 0 ? BELOW : 0);
  const shown = pointed === undefined ? undefined : buckets[pointed];
  return (
    <div className="chart">
      <svg
        viewBox={`0 0 ${buckets.length} ${height}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerLeave={() => setPointed(undefined)}
      >
        {buckets.map((bucket, index) => (
          <g
            key={bucket.from.getTime()}
            className={index === pointed ? "pointed" : undefined}
            onPointerEnter={() => setPointed(index)}
            onClick={() => onChoose(bucket)}
          >
            <rect className="hover-area" x={index} y={0} width={1} height={height} />
            {stacked(bucket, above, max).map(({ tone, name, y, size }) => (
              <rect key={name} className={`fill-${tone}`} x={index + 0.12} y={y} width={0.76} height={size} />
            ))}
            {below.map(({ name, tone }) => (
              <rect
                key={name}
                className={`fill-${tone}`}
                x={index + 0.12}
                y={ABOVE + 1.5}
                width={0.76}
                height={barHeight(bucket.values[name], { max: maxBelow, height: BELOW - 2, least: 3 })}
              />
            ))}
          </g>
        ))}
        <rect className="base" x={0} y={ABOVE} width={buckets.length} height={1} />
      </svg>
      <p className="axis" aria-hidden="true">
        {shown
          ? (
            <>
              <span>{times.span(shown)}</span>
              <b>
                {series.map(({ name, label }) => `${numberText(shown.values[name])} ${inSentence(label)}`).join(
                  " · ",
                )}
              </b>
            </>
          )
          : <Ends buckets={buckets} start={times.start} peak={say("peak {count}", { count: numberText(max) })} />}
      </p>
      <ChartTable
        label={label}
        columns={[say("Time"), ...series.map((one) => one.label)]}
        rows={buckets.map((bucket) => ({
          key: String(bucket.from.getTime()),
          cells: [times.span(bucket), ...series.map(({ name }) => numberText(bucket.values[name]))],
          onChoose: () => onChoose(bucket),
        }))}
      />
    </div>
  );
}

function Ends(
  { buckets, start, peak }: { buckets: readonly Span[]; start(at: Date): string; peak: string },
) {
  if (buckets.length === 0) return null;
  return (
    <>
      <span>{start(buckets[0]!.from)}</span>
      <span>{peak}</span>
      <span>{say("now")}</span>
    </>
  );
}

/** From the base line up, the first at the bottom. */
function stacked<Name extends string>(bucket: Bucket<Name>, series: readonly Series<Name>[], max: number) {
  let y = ABOVE;
  return series.map(({ name, tone }) => {
    const size = barHeight(bucket.values[name], { max, height: ABOVE - 4, least: 1.5 });
    y -= size;
    return { name, tone, y: Math.max(0, y), size };
  });
}

export interface ChartTableRow {
  key: string;
  cells: ReactNode[];
  /** The first cell becomes a button while the table is shown. */
  onChoose?: () => void;
}

export interface ChartTableProps {
  label: string;
  columns: string[];
  rows: ChartTableRow[];
  /** The cells are words, not numbers. */
  text?: boolean;
}

/** A chart's numbers as a table: shown by a button, always present for screen readers. */
export function ChartTable(props: ChartTableProps) {
  const { label } = props;
  const [open, setOpen] = useState(false);
  return (
    <div className="twin">
      <button
        type="button"
        className="btn plain small"
        aria-haspopup="dialog"
        aria-label={say("{label}: show as a table", { label })}
        onClick={() => setOpen(true)}
      >
        {say("Show as a table")}
      </button>
      <div className="visually-hidden">
        <TwinTable {...props} />
      </div>
      {open && (
        <Dialog title={label} onClose={() => setOpen(false)}>
          <TwinTable {...props} open />
        </Dialog>
      )}
    </div>
  );
}

function TwinTable({ label, columns, rows, text = false, open = false }: ChartTableProps & { open?: boolean }) {
  const cellClass = text ? undefined : "num";
  return (
    <table className="twin-table">
      <caption className="visually-hidden">{label}</caption>
      <thead>
        <tr>
          {columns.map((name, index) => (
            <th key={name} scope="col" className={index > 0 ? cellClass : undefined}>{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells: [first, ...rest], onChoose }) => (
          <tr key={key}>
            <th scope="row">
              {open && onChoose
                ? <button type="button" className="twin-choose" onClick={onChoose}>{first}</button>
                : first}
            </th>
            {rest.map((cell, index) => <td key={columns[index + 1]} className={cellClass}>{cell}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
