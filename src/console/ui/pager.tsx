/** Pages of a list by number: which there are, and the way to the next. */

import { useFormat } from "./format.tsx";

export interface PagerProps {
  /** What the list holds, as in "run"; with `s` where there are more. */
  noun: string;
  total: number;
  page: number;
  totalPages: number;
  onPage(page: number): void;
}

export function Pager({ noun, total, page, totalPages, onPage }: PagerProps) {
  const format = useFormat();
  return (
    <div className="row">
      <span className="muted grow" aria-live="polite">
        {format.number(total)} {total === 1 ? noun : `${noun}s`}
        {totalPages > 1 && `, page ${format.number(page)} of ${format.number(totalPages)}`}
      </span>
      {totalPages > 1 && (
        <>
          <button type="button" className="btn small" disabled={page <= 1} onClick={() => onPage(page - 1)}>
            Previous
          </button>
          <button type="button" className="btn small" disabled={page >= totalPages} onClick={() => onPage(page + 1)}>
            Next
          </button>
        </>
      )}
    </div>
  );
}
