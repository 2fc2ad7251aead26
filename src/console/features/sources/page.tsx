/** Sources: other systems that may send events, one row for each, and beside it the opened one, or the form of a new one. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useParams } from "wouter";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { focusRow } from "../../ui/split.ts";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { listSenders, listSources, type Source, SOURCES, type SourceWithSecret } from "./api.ts";
import { NewSourcePane } from "./new_source.tsx";
import { refusalWords } from "./refusal_words.ts";
import { SourcePane } from "./source_pane.tsx";
import "./sources.css";

/** In the place of an id: the form of a new one. */
const NEW = "new";
const POLL_MS = 10_000;
/** Someone sets one up, and looks whether it works. */
const OPEN_POLL_MS = 2_000;

export function SourcesPage() {
  const { api, session: { can } } = useSignedIn();
  const queries = useQueryClient();
  const { id } = useParams<{ id?: string }>();
  const [, navigate] = useLocation();
  // Shown until another one is opened: it is nowhere else.
  const [secret, setSecret] = useState<SourceWithSecret>();
  const sources = useQuery({
    queryKey: [SOURCES, "list"],
    queryFn: ({ signal }) => listSources(api, signal),
    refetchInterval: id === undefined ? POLL_MS : OPEN_POLL_MS,
  });
  const senders = useQuery({
    queryKey: ["senders"],
    queryFn: () => listSenders(api),
    staleTime: Infinity,
    enabled: id !== undefined,
  });
  useEffect(() => {
    document.title = `${say("Sources")} · Timewire`;
  }, []);
  useEffect(() => {
    if (id !== NEW) setSecret((now) => now?.source.id === id ? now : undefined);
  }, [id]);
  useKeys([
    { keys: "j", label: say("Next source (Enter opens it)"), run: () => focusRow(1) },
    { keys: "k", label: say("Previous source (Enter opens it)"), run: () => focusRow(-1) },
    { keys: "Escape", label: say("Close the source"), run: () => id !== undefined && navigate("/sources") },
  ]);
  const changed = () => {
    // Flows and filters choose from its type too.
    void queries.invalidateQueries({ queryKey: ["vocabulary"] });
    return queries.invalidateQueries({ queryKey: [SOURCES] });
  };
  const made = (source: SourceWithSecret) => {
    setSecret(source);
    void changed();
    navigate(`/sources/${source.source.id}`, { replace: true });
  };
  const shown = secret?.source.id === id ? secret : undefined;
  // One that was just created is not in the list yet.
  const open = sources.data?.find((one) => one.id === id) ?? shown?.source;
  return (
    <div className={id === undefined ? "stack so" : "stack so with-one"}>
      <div className="row">
        <h1>{say("Sources")}</h1>
        <span className="muted grow so-about">
          {say("Webhooks of other systems. Each has its own address and secret.")}
        </span>
        <GuardedButton
          className="btn main"
          blocked={can.write ? null : can.reason}
          onClick={() => navigate(`/sources/${NEW}`)}
        >
          {say("New source")}
        </GuardedButton>
      </div>
      <div className="split">
        <section className="stack split-list" aria-label={say("Sources")}>
          {sources.error && !sources.data && (
            <Failure
              error={sources.error}
              what={say("the sources")}
              onRetry={() => void sources.refetch()}
            />
          )}
          {!sources.data && !sources.error && <Skeleton label={say("Loading the sources")} />}
          {sources.data?.length === 0 && (
            <Empty title={say("No other system sends events yet")}>
              {say(
                "Create a source for GitHub, Stripe, Slack, Twilio or any system that sends webhooks, and give it the address.",
              )}
            </Empty>
          )}
          {sources.data && sources.data.length > 0 && (
            <ul className="panel flush split-rows">
              {sources.data.map((source) => (
                <li key={source.id}>
                  <SourceLine source={source} isOpen={source.id === id} />
                </li>
              ))}
            </ul>
          )}
        </section>
        {id !== undefined && (
          <section className="panel stack split-pane" aria-label={id === NEW ? say("New source") : say("Source")}>
            <Link href="/sources" className="split-back">{say("All sources")}</Link>
            {senders.error && (
              <Failure
                error={senders.error}
                what={say("the senders")}
                onRetry={() => void senders.refetch()}
              />
            )}
            {!senders.error && (!senders.data || !sources.data) && <Skeleton label={say("Loading the source")} />}
            {senders.data && sources.data && (
              id === NEW
                ? <NewSourcePane senders={senders.data} blocked={can.write ? null : can.reason} onMade={made} />
                : open
                ? (
                  <SourcePane
                    key={id}
                    source={open}
                    senders={senders.data}
                    secret={shown?.secret}
                    onSecret={setSecret}
                    onChanged={changed}
                  />
                )
                : (
                  <Empty title={say("There is no such source")}>
                    {say("It was deleted, or the address is of another workspace.")}
                  </Empty>
                )
            )}
          </section>
        )}
      </div>
    </div>
  );
}

function SourceLine({ source, isOpen }: { source: Source; isOpen: boolean }) {
  const { id, name, preset, scheme, enabled, lastEventAt, lastRefused } = source;
  // What came after it was accepted says that it works.
  const refused = lastRefused && (!lastEventAt || lastRefused.at > lastEventAt) ? lastRefused : undefined;
  return (
    <Link href={`/sources/${id}`} className="split-row" aria-current={isOpen ? "true" : undefined} data-source={id}>
      <span className="row">
        <b className="grow">
          <bdi>{visibleText(name)}</bdi>
        </b>
        {refused && <Tag tone="bad">{say("Refused")}</Tag>}
        {!enabled
          ? <Tag tone="idle">{say("Off")}</Tag>
          : lastEventAt
          ? <Tag tone="ok">{say("On")}</Tag>
          : <Tag tone="warn">{say("Waiting")}</Tag>}
      </span>
      <span className="row muted">
        <span className="grow">
          {refused
            ? (
              <Say
                text="Refused {ago}: {why}"
                values={{ ago: <When at={refused.at} as="ago" />, why: refusalWords(refused.reason) }}
              />
            )
            : kindText({ preset, scheme })}
        </span>
        {lastEventAt
          ? (
            <span className="nowrap">
              <Say text="Last event {ago}" values={{ ago: <When at={lastEventAt} as="ago" /> }} />
            </span>
          )
          : <span>{say("No event yet")}</span>}
      </span>
    </Link>
  );
}

/** "github, hmac sha256" */
export function kindText({ preset, scheme }: Pick<Source, "preset" | "scheme">): string {
  const proof = scheme === "none" ? say("unsigned") : scheme.replaceAll("_", " ");
  return preset === null ? proof : `${preset.replaceAll("_", " ")}, ${proof}`;
}
