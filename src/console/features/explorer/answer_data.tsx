/** The data of an answer: as a tree, as a table, or as it is; narrowed by a path or by words. */

import { useMemo, useState } from "react";
import { CopyButton } from "../../ui/copy_button.tsx";
import { useFormat } from "../../ui/format.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { namedOf } from "../entities/use_named.ts";
import { isFields } from "./call.ts";
import { useNamesIn } from "./names.tsx";
import { cellText, type Table, tableOf, viewOf } from "./view.ts";
import { say } from "../../words/say.ts";

/** A browser lays out so much text at once without a pause. */
const MAX_RAW = 200_000;

export function AnswerData({ data, size }: { data: unknown; size: number | null }) {
  const [tab, setTab] = useState("tree");
  const [filter, setFilter] = useState("");
  const { value, note } = useMemo(() => viewOf(data, filter), [data, filter]);
  const names = useNamesIn(value);
  const nameOf = (id: string) => namedOf(names.get(id));
  if (data === null || data === undefined || data === "") {
    return <p className="muted">{say("The answer has no content.")}</p>;
  }
  const table = tableOf(value);
  return (
    <div className="stack">
      {typeof data === "object" && (
        <label className="field">
          <span>{say("Path or words")}</span>
          <input
            type="search"
            value={filter}
            onChange={({ target }) => setFilter(target.value)}
            placeholder={say("project.name, [0].id, or a word")}
            spellCheck={false}
          />
        </label>
      )}
      {note !== undefined && <p className="muted" role="status">{note}</p>}
      {value !== undefined && (
        <Tabs
          label={say("How the answer is shown")}
          chosen={tab}
          onChoose={setTab}
          items={[
            {
              key: "tree",
              label: say("Tree"),
              content: <JsonTree value={value} label={say("answer")} nameOf={nameOf} />,
            },
            {
              key: "table",
              label: say("Table"),
              content: table
                ? <AnswerTable table={table} />
                : <p className="muted">{say("The answer has no rows.")}</p>,
            },
            { key: "raw", label: say("Raw"), content: <Raw value={value} size={size} /> },
          ]}
        />
      )}
    </div>
  );
}

function Raw({ value, size }: { value: unknown; size: number | null }) {
  const format = useFormat();
  const text = useMemo(() => typeof value === "string" ? value : JSON.stringify(value, null, 2), [value]);
  return (
    <div className="stack">
      <div className="row">
        <CopyButton text={text} label={say("Copy")} />
        {text.length > MAX_RAW && (
          <span className="muted">
            {size === null
              ? say("The first {shown} are shown; Copy has all.", { shown: format.size(MAX_RAW) })
              : say("The first {shown} are shown of {size}; Copy has all.", {
                shown: format.size(MAX_RAW),
                size: format.size(size),
              })}
          </span>
        )}
      </div>
      <pre
        className="mono ex-raw"
        tabIndex={0}
        role="region"
        aria-label={say("The answer as JSON")}
      >{text.slice(0, MAX_RAW)}</pre>
    </div>
  );
}

function AnswerTable({ table: { columns, rows, more } }: { table: Table }) {
  const names = useNamesIn(rows);
  const { number } = useFormat();
  const shown = (value: unknown) => {
    if (typeof value === "string" && names.has(value)) return names.get(value)!.name;
    // An object in a row stands there by its name.
    if (isFields(value) && typeof value.name === "string") return value.name;
    return cellText(value);
  };
  return (
    <>
      <div className="ex-scroll" tabIndex={0} role="region" aria-label={say("The answer as a table")}>
        <table>
          <thead>
            <tr>{columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {columns.map((name) => (
                  <td
                    key={name}
                    className={typeof row[name] === "number" ? "num" : undefined}
                    title={cellText(row[name]) || undefined}
                  >
                    <bdi>{name === "id" ? cellText(row[name]) : shown(row[name])}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && (
        <p className="muted">{say("{count} more rows: narrow them by words, or see Raw.", { count: number(more) })}</p>
      )}
    </>
  );
}
