/** Pages of a list by number: which there are, and the way to the next. */

import { say } from "../words/say.ts";
import { useFormat } from "./format.tsx";
import { type ListNoun, totalText } from "./list_words.ts";

export interface PagerProps {
  /** What the list holds, as in "run". */
  noun: ListNoun;
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
        {totalText(noun, total, format.number(total))}
        {totalPages > 1 &&
          say(", page {page} of {pages}", { page: format.number(page), pages: format.number(totalPages) })}
      </span>
      {totalPages > 1 && (
        <>
          <button type="button" className="btn small" disabled={page <= 1} onClick={() => onPage(page - 1)}>
            {say("Previous")}
          </button>
          <button type="button" className="btn small" disabled={page >= totalPages} onClick={() => onPage(page + 1)}>
            {say("Next")}
          </button>
        </>
      )}
    </div>
  );
}
