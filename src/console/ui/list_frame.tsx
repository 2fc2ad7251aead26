/** A list of the workflow console: its filters, then a page of rows, or why there are none. The address has filters and page. */

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type FilteredNoun, LIST_WORDS } from "./list_words.ts";
import { Pager } from "./pager.tsx";
import { Empty, Failure, Skeleton } from "./states.tsx";
import type { UrlFilter } from "./use_url_filter.ts";

export interface ListFilter {
  /** In the address. */
  name: string;
  label: string;
  /** Values and their words, "" first; absent: text to search for. */
  choices?: readonly (readonly [value: string, word: string])[];
}

export interface ListFrameProps<Item> {
  /** What a row is, as in "agent". */
  noun: FilteredNoun;
  query: UseQueryResult<{ items: Item[]; total: number; page: number; total_pages: number }>;
  filter: UrlFilter;
  filters: readonly ListFilter[];
  /** Shown where there is none at all. */
  empty: ReactNode;
  children(items: readonly Item[]): ReactNode;
}

export function ListFrame<Item>({ noun, query, filter, filters, empty, children }: ListFrameProps<Item>) {
  const { data } = query;
  const words = LIST_WORDS[noun];
  const isFiltered = filters.some(({ name }) => filter.get(name) !== "");
  return (
    <>
      <div className="row">{filters.map((one) => <FilterField key={one.name} {...one} filter={filter} />)}</div>
      {query.isPending && <Skeleton lines={8} label={words.loading} />}
      {query.isError && <Failure error={query.error} what={words.what} onRetry={() => void query.refetch()} />}
      {data && data.items.length === 0 && (isFiltered
        ? (
          <Empty title={words.noneMatches}>
            <button type="button" className="btn" onClick={filter.clear}>{words.showAll}</button>
          </Empty>
        )
        : empty)}
      {data && data.items.length > 0 && (
        <>
          {children(data.items)}
          <Pager
            noun={noun}
            total={data.total}
            page={data.page}
            totalPages={data.total_pages}
            onPage={(page) => filter.set({ page: String(page) })}
          />
        </>
      )}
    </>
  );
}

function FilterField({ name, label, choices, filter }: ListFilter & { filter: UrlFilter }) {
  const value = filter.get(name);
  const change = ({ target }: { target: { value: string } }) => filter.set({ [name]: target.value });
  return (
    <label className={choices ? "field" : "field grow"}>
      <span>{label}</span>
      {choices
        ? (
          <select value={value} onChange={change}>
            {choices.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
          </select>
        )
        : <input type="search" value={value} onChange={change} />}
    </label>
  );
}
