/** A time: short in the row, exact on hover. */

import { useFormat } from "./format.tsx";

export function When({ at, as = "time" }: { at: Date; as?: "time" | "ago" | "full" }) {
  const format = useFormat();
  const exact = `${format.dateTime(at)} · ${at.toISOString()}`;
  const text = as === "ago" ? format.ago(at) : as === "full" ? format.dateTime(at) : format.time(at);
  return <time dateTime={at.toISOString()} title={exact} className="nowrap">{text}</time>;
}
