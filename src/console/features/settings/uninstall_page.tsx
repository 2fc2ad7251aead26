/** What an uninstall of the add-on would end, delete and leave: counted, and nothing is changed here. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { getUninstallPreview } from "./api.ts";
import {
  backupWords,
  countWords,
  DELETED_WORDS,
  graceWords,
  rowsByTable,
  STOPPED_WORDS,
  type UninstallPreview,
} from "./kept_words.ts";

/** A costly read: counted again by a button, not by each visit of the tab. */
const STALE_MS = 60_000;

export function UninstallTab() {
  const { api, session } = useSignedIn();
  const preview = useQuery({
    queryKey: ["uninstall-preview"],
    queryFn: ({ signal }) => getUninstallPreview(api, signal),
    enabled: session.can.write,
    staleTime: STALE_MS,
  });
  if (!session.can.write) {
    return (
      <p className="panel">
        {say("What an uninstall deletes is shown to admins only. {reason}.", { reason: session.can.reason ?? "" })}
      </p>
    );
  }
  const { data, error, isFetching } = preview;
  if (error && !data) {
    return <Failure error={error} what={say("what an uninstall deletes")} onRetry={() => preview.refetch()} />;
  }
  if (!data) return <Skeleton />;
  return (
    <div className="stack">
      <p className="muted">
        <Say
          text="Nothing happens here: the add-on is uninstalled in Clockify, by an owner or admin of the workspace. Counted {ago}."
          values={{ ago: <When at={new Date(data.at)} as="ago" /> }}
        />{" "}
        <button type="button" className="btn small" aria-disabled={isFetching} onClick={() => void preview.refetch()}>
          {isFetching ? say("Counting…") : say("Count again")}
        </button>
      </p>
      <p className="alert info">
        <Say
          text="<a>Export first</a> what is to be kept: flows, sources, settings and saved requests, and events, the journal and records of requests by files of their own."
          tags={{ a: (inner) => <Link href="/settings/export">{inner}</Link> }}
        />
      </p>
      <Ends preview={data} />
      <Deletes preview={data} />
      <Stays preview={data} />
    </div>
  );
}

function Ends({ preview: { stops } }: { preview: UninstallPreview }) {
  const { number } = useFormat();
  const some = stops.filter(({ count }) => count > 0);
  return (
    <section className="stack" aria-label={say("Ends at once")}>
      <h2>{say("Ends at once")}</h2>
      {some.length > 0 && (
        <RowsTable
          caption={say("What ends with the uninstall")}
          columns={[say("What"), say("Now"), say("What becomes of it")]}
        >
          {some.map(({ kind, count, is_part }) => {
            const [what, becomes] = STOPPED_WORDS[kind];
            return (
              <tr key={kind}>
                <td data-label={say("What")}>{what}</td>
                <td data-label={say("Now")}>
                  <b>{countWords(count, is_part, number)}</b>
                </td>
                <td data-label={say("What becomes of it")}>{becomes}</td>
              </tr>
            );
          })}
        </RowsTable>
      )}
      <p className="muted">
        {some.length === 0 && `${say("Nothing is in progress.")} `}
        {say(
          "The add-on's token is deleted here and no event is accepted any more; whoever has this console open is signed out.",
        )}
      </p>
    </section>
  );
}

function Deletes({ preview: { deletes, grace_days, stored_bytes } }: { preview: UninstallPreview }) {
  const { number, size } = useFormat();
  return (
    <section className="stack" aria-label={say("Is deleted")}>
      <h2>{graceWords(grace_days)}</h2>
      <p className="muted">
        {say("Every row of the workspace; events and large outputs have {size}.", { size: size(stored_bytes) })}{" "}
        {grace_days > 0 &&
          say(
            "A reinstall before that keeps all of it, starts no run again, and begins with the settings that Clockify has then.",
          )}
      </p>
      <RowsTable
        caption={say("What is deleted, by kind")}
        columns={[say("What"), say("Rows"), say("By table")]}
      >
        {deletes.map(({ kind, rows, is_part, tables }) => (
          <tr key={kind}>
            <td data-label={say("What")}>{DELETED_WORDS[kind]}</td>
            <td data-label={say("Rows")}>
              <b>{countWords(rows, is_part, number)}</b>
            </td>
            <td data-label={say("By table")}>{rowsByTable(tables, number)}</td>
          </tr>
        ))}
      </RowsTable>
    </section>
  );
}

function Stays({ preview: { deletes, grace_days, backups } }: { preview: UninstallPreview }) {
  const { number } = useFormat();
  const journal = deletes.find(({ kind }) => kind === "journal")?.tables.change ?? 0;
  const days = Math.max(1, grace_days);
  return (
    <section className="stack" aria-label={say("Stays")}>
      <h2>{say("Stays")}</h2>
      <ul>
        <li>
          {say("In Clockify: everything that flows and people wrote there, as the workspace's own.")} {journal > 0 &&
            sayCount(
              journal,
              "The {count} change of the journal can be undone from here until the uninstall, not later.",
              "The {count} changes of the journal can be undone from here until the uninstall, not later.",
              { count: number(journal) },
            )}
        </li>
        <li>
          {sayCount(
            days,
            "Here: the ids of the workspace and of this installation, for {count} day, so that a late message of Clockify revives nothing.",
            "Here: the ids of the workspace and of this installation, for {count} days, so that a late message of Clockify revives nothing.",
            { count: days },
          )}
        </li>
        <li>{backupWords(backups)}</li>
        <li>{say("In log lines with the workspace's id, as long as the operator keeps them.")}</li>
      </ul>
    </section>
  );
}
