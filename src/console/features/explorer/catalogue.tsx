/** Where a call begins: the operations by words and by tag, and those that were marked, made, saved, or wait for approval. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { RefObject } from "react";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useSettled } from "../../ui/use_settled.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { type Endpoint, listEndpoints, listRequests } from "./api.ts";
import { HistoryList, SavedList } from "./kept_lists.tsx";
import { RequestList } from "./request_list.tsx";
import type { useFavourites } from "./favourites.ts";
import type { Explorer } from "./use_explorer.ts";
import { KIND_TONES, KIND_WORDS, kindOf, refusalOf } from "./words.ts";
import { say } from "../../words/say.ts";

const PAUSE_MS = 200;

export interface CatalogueProps {
  explorer: Explorer;
  favourites: ReturnType<typeof useFavourites>;
  text: string;
  onText(text: string): void;
  tab: string;
  onTab(tab: string): void;
  searchRef: RefObject<HTMLInputElement | null>;
  /** A call was chosen: the form is next. */
  onOpen(): void;
}

/** All operations: those of the list without words. */
export function useEndpoints(): Endpoint[] {
  const { api } = useSignedIn();
  const { data } = useQuery({
    queryKey: ["explorer", "endpoints", ""],
    queryFn: ({ signal }) => listEndpoints(api, "", signal),
    staleTime: 300_000,
  });
  return data?.groups.flatMap(({ endpoints }) => endpoints) ?? [];
}

export function Catalogue(props: CatalogueProps) {
  const { tab, onTab, explorer, onOpen } = props;
  const endpoints = useEndpoints();
  const shared = { explorer, endpoints, onOpen };
  const { api, session } = useSignedIn();
  const { data: requests = [] } = useQuery({
    queryKey: ["explorer", "requests"],
    queryFn: ({ signal }) => listRequests(api, signal),
    refetchInterval: 30_000,
  });
  const waiting = requests.filter(({ state, is_mine }) => state === "waiting" && !is_mine && session.can.write).length;
  return (
    <Tabs
      label={say("Where a call begins")}
      chosen={tab}
      onChoose={onTab}
      items={[
        { key: "operations", label: say("Operations"), content: <Operations {...props} endpoints={endpoints} /> },
        { key: "history", label: say("History"), content: <HistoryList {...shared} /> },
        { key: "saved", label: say("Saved##calls"), content: <SavedList {...shared} /> },
        {
          key: "requests",
          label: waiting > 0 ? say("Approvals {count}", { count: waiting }) : say("Approvals"),
          content: <RequestList {...shared} />,
        },
      ]}
    />
  );
}

function Operations(
  { explorer, favourites, text, onText, searchRef, onOpen, endpoints }: CatalogueProps & { endpoints: Endpoint[] },
) {
  const { api } = useSignedIn();
  const asked = useSettled(text.trim(), PAUSE_MS);
  const { data, error, refetch } = useQuery({
    queryKey: ["explorer", "endpoints", asked],
    queryFn: ({ signal }) => listEndpoints(api, asked, signal),
    staleTime: 300_000,
    placeholderData: keepPreviousData,
  });
  const row = (endpoint: Endpoint) => (
    <Row
      key={endpoint.key}
      endpoint={endpoint}
      isChosen={explorer.name === endpoint.name}
      isFavourite={favourites.names.includes(endpoint.name)}
      onOpen={() => {
        explorer.open(endpoint.name);
        onOpen();
      }}
      onFavourite={() => favourites.toggle(endpoint.name)}
    />
  );
  const marked = favourites.names.flatMap((name) => endpoints.filter((one) => one.name === name));
  // What was asked for by words comes by how well it fits, whatever its tag.
  const best = asked === "" || !data
    ? []
    : data.groups.flatMap(({ endpoints }) => endpoints).toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  const total = data?.total_operations;
  return (
    <div className="stack ex-catalogue">
      <label className="field">
        <span>
          {total === undefined ? say("Search by words") : say("Search {count} operations by words", { count: total })}
        </span>
        <input
          ref={searchRef}
          type="search"
          value={text}
          onChange={({ target }) => onText(target.value)}
          onKeyDown={({ key }) => {
            if (key !== "Enter" || best.length === 0 || asked !== text.trim()) return;
            explorer.open(best[0]!.name);
            onOpen();
          }}
          placeholder={say("add tag to time entry")}
          spellCheck={false}
        />
      </label>
      {error && !data && <Failure error={error} what={say("the operations")} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={8} label={say("Loading the operations")} />}
      {asked === "" && marked.length > 0 && (
        <section aria-label={say("Favourites")}>
          <h2>{say("Favourites")}</h2>
          <ul className="ex-rows">{marked.map(row)}</ul>
        </section>
      )}
      {asked !== "" && data && (
        <>
          <p className="muted" role="status">
            {best.length === 0
              ? say("No operation fits these words.")
              : say("{count} fit, the best first", { count: best.length })}
          </p>
          <ul className="ex-rows">{best.slice(0, 40).map(row)}</ul>
        </>
      )}
      {asked === "" && (
        <div>
          {data?.groups.map(({ tag, count, endpoints }) => (
            <details key={tag} className="ex-tag">
              <summary>
                {tag} <span className="muted">{count}</span>
              </summary>
              <ul className="ex-rows">{endpoints.map(row)}</ul>
            </details>
          ))}
        </div>
      )}
    </div>
  );
}

function Row(
  { endpoint, isChosen, isFavourite, onOpen, onFavourite }: {
    endpoint: Endpoint;
    isChosen: boolean;
    isFavourite: boolean;
    onOpen(): void;
    onFavourite(): void;
  },
) {
  const kind = kindOf(endpoint);
  const refusal = refusalOf(endpoint);
  return (
    <li className={isChosen ? "chosen" : undefined}>
      <button
        type="button"
        className="ex-open"
        aria-current={isChosen || undefined}
        onClick={onOpen}
        title={endpoint.key}
      >
        <span>{endpoint.summary}</span>
        <span className="ex-marks">
          <Tag tone={KIND_TONES[kind]}>{KIND_WORDS[kind]}</Tag>
          {refusal !== null && <Tag tone="idle" title={refusal}>{say("not here")}</Tag>}
        </span>
      </button>
      <button
        type="button"
        className="btn plain small ex-star"
        aria-pressed={isFavourite}
        aria-label={say("Favourite: {operation}", { operation: endpoint.summary })}
        onClick={onFavourite}
      >
        {isFavourite ? "★" : "☆"}
      </button>
    </li>
  );
}
