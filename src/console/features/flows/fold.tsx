/** A collapsed section for fields that are seldom needed. It opens when one of them has a fault, and only the viewer closes it. */

import { type ReactNode, useLayoutEffect, useRef } from "react";
import { faultsAt } from "./draft/paths.ts";
import { useEditor } from "./editor_context.tsx";

/** `places`: of the fields inside. */
export function Fold(
  { summary, places, isStack = false, children }: {
    summary: ReactNode;
    places: readonly string[];
    /** One below the other, for what has columns of its own. */
    isStack?: boolean;
    children: ReactNode;
  },
) {
  const { faults } = useEditor();
  const isFaulty = places.some((place) => faultsAt(faults, place).length > 0);
  const details = useRef<HTMLDetailsElement>(null);
  useLayoutEffect(() => {
    if (isFaulty) details.current!.open = true;
  }, [isFaulty]);
  return (
    <details className="fl-more" ref={details}>
      <summary>{summary}</summary>
      <div className={isStack ? "fl-group" : "fl-fields"}>{children}</div>
    </details>
  );
}
