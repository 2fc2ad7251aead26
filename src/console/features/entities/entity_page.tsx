/** One entity: its fields as they were read, and its timeline of events, changes that reads saw, writes and runs. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import { NamedLink } from "../../ui/named_link.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { getTimeline, type Timeline, type TimelineItem } from "./api.ts";
import { typeWord } from "./kinds.ts";
import { useNamed } from "./use_named.ts";
import { entityName, itemHref, itemTitle, stateWord } from "./words.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

type NameOf = ReturnType<typeof useNamed>;

export function EntityPage({ type, id }: { type: string; id: string }) {
  const { api } = useSignedIn();
  const timeline = useInfiniteQuery({
    queryKey: ["data", "timeline", type, id],
    queryFn: ({ pageParam, signal }) => getTimeline(api, { type, id }, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    // What was read a moment ago may be another already: a page that is opened asks.
    staleTime: 0,
    getNextPageParam: ({ pagination }) => pagination.next_cursor ?? undefined,
  });
  const pages = useMemo(() => timeline.data?.pages ?? [], [timeline.data]);
  const items = useMemo(() => pages.flatMap((page) => page.items), [pages]);
  const nameOf = useNamed(useMemo(() => [pages[0]?.entity?.body, items.map(changed)], [pages, items]));
  if (timeline.error && !timeline.data) {
    return <Failure error={timeline.error} what={say("the entity")} onRetry={() => timeline.refetch()} />;
  }
  const [first] = pages;
  if (!first) return <Skeleton />;
  return (
    <section className="stack" aria-label={say("Entity")}>
      <Head timeline={first} nameOf={nameOf} />
      <h3>{say("Timeline")}</h3>
      {items.length === 0
        ? <p className="muted">{say("Nothing is known to have happened to it since it was read first.")}</p>
        : (
          <ol className="timeline">
            {items.map((item) => <Item key={`${item.kind} ${item.id}`} item={item} nameOf={nameOf} />)}
          </ol>
        )}
      {timeline.hasNextPage && (
        <div>
          <button
            type="button"
            className="btn"
            disabled={timeline.isFetchingNextPage}
            onClick={() => timeline.fetchNextPage()}
          >
            {say("Show older")}
          </button>
        </div>
      )}
    </section>
  );
}

function Head({ timeline: { type, id, entity }, nameOf }: { timeline: Timeline; nameOf: NameOf }) {
  return (
    <>
      <h2>
        <bdi>{entity ? entityName(entity) : id}</bdi> <span className="muted">{typeWord(type)}</span>
      </h2>
      <div className="row">
        <code>{id}</code> <CopyButton text={id} label={say("Copy id")} />
        {entity?.deleted_at && <Tag tone="warn">{say("Deleted in Clockify")}</Tag>}
        {entity
          ? (
            <span className="muted">
              <Say
                text="Read by {operation} {when}"
                values={{ operation: entity.operation_id, when: <When at={new Date(entity.fetched_at)} as="ago" /> }}
              />
            </span>
          )
          : <span className="muted">{say("It is not cached: only what happened to it is known.")}</span>}
      </div>
      {entity && <JsonTree value={entity.body} label={type} nameOf={(one) => one === id ? undefined : nameOf(one)} />}
    </>
  );
}

/** What may name other objects. */
function changed(item: TimelineItem): unknown {
  return item.kind === "seen" ? [item.before, item.after] : null;
}

function Item({ item, nameOf }: { item: TimelineItem; nameOf: NameOf }) {
  const href = itemHref(item);
  const title = itemTitle(item);
  return (
    <li>
      <When at={new Date(item.at)} as="full" /> {href === undefined ? <b>{title}</b> : <Link href={href}>{title}</Link>}
      {" "}
      <Details item={item} nameOf={nameOf} />
    </li>
  );
}

function Details({ item, nameOf }: { item: TimelineItem; nameOf: NameOf }) {
  switch (item.kind) {
    case "event":
      return item.reconciled ? <Tag tone="warn">{say("Missed, found again")}</Tag> : null;
    case "write":
      return (
        <span className="muted">
          {stateWord(item.state)}
          {item.fields.length > 0 && `: ${item.fields.join(", ")}`}
          {item.flow_name !== null && `, ${say("by {name}", { name: item.flow_name })}`}
          {item.person !== null && `, ${say("by {name}", { name: item.person })}`}
        </span>
      );
    case "run":
      return <span className="muted">{stateWord(item.state)}</span>;
    case "seen":
      return <Difference before={item.before} after={item.after} nameOf={nameOf} />;
  }
}

/** Of an update its fields, as they were and as they are. */
function Difference({ before, after, nameOf }: { before: unknown; after: unknown; nameOf: NameOf }) {
  const [was, is] = [before, after].map((one) => (one ?? {}) as Record<string, unknown>);
  const names = [...new Set([...Object.keys(was!), ...Object.keys(is!)])];
  if (names.length === 0) return null;
  return (
    <ul>
      {names.map((name) => (
        <li key={name}>
          <code>{name}</code>: <Value value={was![name]} nameOf={nameOf} /> →{" "}
          <Value value={is![name]} nameOf={nameOf} />
        </li>
      ))}
    </ul>
  );
}

function Value({ value, nameOf }: { value: unknown; nameOf: NameOf }) {
  const named = typeof value === "string" ? nameOf(value) : undefined;
  return named ? <NamedLink id={String(value)} named={named} /> : <bdi>{valueText(value)}</bdi>;
}

function valueText(value: unknown): string {
  return value === undefined || value === null
    ? say("none")
    : typeof value === "string"
    ? value
    : JSON.stringify(value);
}
