/** What an uninstall of the add-on would end, delete and leave: counted, and nothing is changed here. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { When } from "../../ui/when.tsx";
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
    return <p className="panel">What an uninstall deletes is shown to admins only. {session.can.reason}.</p>;
  }
  const { data, error, isFetching } = preview;
  if (error && !data) {
    return <Failure error={error} what="what an uninstall deletes" onRetry={() => preview.refetch()} />;
  }
  if (!data) return <Skeleton />;
  return (
    <div className="stack">
      <p className="muted">
        Nothing happens here: the add-on is uninstalled in Clockify, by an owner or admin of the workspace. Counted{" "}
        <When at={new Date(data.at)} as="ago" />.{" "}
        <button type="button" className="btn small" aria-disabled={isFetching} onClick={() => void preview.refetch()}>
          {isFetching ? "Counting…" : "Count again"}
        </button>
      </p>
      <p className="alert info">
        <Link href="/settings/export">Export first</Link>{" "}
        what is to be kept: flows, sources, settings and saved requests, and events, the journal and records of requests
        by files of their own.
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
    <section className="stack" aria-label="Ends at once">
      <h2>Ends at once</h2>
      {some.length > 0 && (
        <RowsTable caption="What ends with the uninstall" columns={["What", "Now", "What becomes of it"]}>
          {some.map(({ kind, count, is_part }) => {
            const [what, becomes] = STOPPED_WORDS[kind];
            return (
              <tr key={kind}>
                <td data-label="What">{what}</td>
                <td data-label="Now">
                  <b>{countWords(count, is_part, number)}</b>
                </td>
                <td data-label="What becomes of it">{becomes}</td>
              </tr>
            );
          })}
        </RowsTable>
      )}
      <p className="muted">
        {some.length === 0 && "Nothing is in progress. "}
        The add-on's token is deleted here and no event is accepted any more; whoever has this console open is signed
        out.
      </p>
    </section>
  );
}

function Deletes({ preview: { deletes, grace_days, stored_bytes } }: { preview: UninstallPreview }) {
  const { number, size } = useFormat();
  return (
    <section className="stack" aria-label="Is deleted">
      <h2>Is deleted {graceWords(grace_days)}</h2>
      <p className="muted">
        Every row of the workspace; events and large outputs have {size(stored_bytes)}. {grace_days > 0 &&
          "A reinstall before that keeps all of it, starts no run again, and begins with the settings that Clockify has then."}
      </p>
      <RowsTable caption="What is deleted, by kind" columns={["What", "Rows", "By table"]}>
        {deletes.map(({ kind, rows, is_part, tables }) => (
          <tr key={kind}>
            <td data-label="What">{DELETED_WORDS[kind]}</td>
            <td data-label="Rows">
              <b>{countWords(rows, is_part, number)}</b>
            </td>
            <td data-label="By table">{rowsByTable(tables, number)}</td>
          </tr>
        ))}
      </RowsTable>
    </section>
  );
}

function Stays({ preview: { deletes, grace_days, backups } }: { preview: UninstallPreview }) {
  const { number } = useFormat();
  const journal = deletes.find(({ kind }) => kind === "journal")?.tables.change ?? 0;
  return (
    <section className="stack" aria-label="Stays">
      <h2>Stays</h2>
      <ul>
        <li>
          In Clockify: everything that flows and people wrote there, as the workspace's own. {journal > 0 &&
            `The ${number(journal)} changes of the journal can be undone from here until the uninstall, not later.`}
        </li>
        <li>
          Here: the ids of the workspace and of this installation, for {Math.max(1, grace_days)}{" "}
          {grace_days > 1 ? "days" : "day"}, so that a late message of Clockify revives nothing.
        </li>
        <li>In backups, {backupWords(backups)}.</li>
        <li>In log lines with the workspace's id, as long as the operator keeps them.</li>
      </ul>
    </section>
  );
}
