/** The stops in the bar of each page: the first in words, how many more, and the way to what can be done. */

import { Link } from "wouter";
import { useFormat } from "../ui/format.tsx";
import { stopText, waitingText } from "./stop_words.ts";
import { useStops } from "./stops.ts";

export function Stops({ as }: { as: "tag" | "strip" }) {
  const format = useFormat();
  const { data: stops = [] } = useStops();
  const [first, ...others] = stops;
  // Announced when it begins and when it ends, whatever page is open.
  return (
    <span role="status" className="stops">
      {first && (
        <Link
          href="/home"
          className={as === "tag" ? "stop tag wait" : "stop-strip"}
          title={waitingText(first, format)}
        >
          {stopText(first, format)}
          {as === "strip" && `, ${waitingText(first, format)}`}
          {others.length > 0 && ` (+${others.length})`}
        </Link>
      )}
    </span>
  );
}
