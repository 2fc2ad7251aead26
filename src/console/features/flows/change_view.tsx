/** What a step of a dry run changes of an object: before and after, what stays, and what a replace loses. */

import type { ReactNode } from "react";
import type { DryRunChange } from "./api.ts";
import type { Entity } from "./names_api.ts";
import { entityWords } from "./draft/entity_words.ts";
import { shown } from "./draft/completion.ts";
import { isObject } from "./draft/json.ts";
import { outline } from "./draft/outline.ts";
import { idOf } from "./draft/tree.ts";
import { Tag } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import { useEditor } from "./editor_context.tsx";

type Names = ReadonlyMap<string, Entity>;

export function ChangeView({ change, names }: { change: DryRunChange; names: Names }) {
  const { mode, noun, before, loses, summary } = change;
  const lost = new Set(loses.map(({ field }) => field));
  const changed = change.changed.filter(({ field }) => !lost.has(field));
  const touched = new Set([...lost, ...changed.map(({ field }) => field)]);
  const rest = mode === "merge" && before ? Object.entries(before).filter(([field]) => !touched.has(field)) : [];
  return (
    <div className="fl-change">
      <p className={loses.length > 0 || mode === "replace" ? "alert bad" : undefined}>{summary}</p>
      {touched.size > 0 && (
        <table className="fl-change-table">
          <caption className="visually-hidden">{say("Before and after, by field")}</caption>
          <thead>
            <tr>
              <th scope="col">{say("Field")}</th>
              <th scope="col">{say("Before")}</th>
              <th scope="col">{say("After")}</th>
            </tr>
          </thead>
          <tbody>
            {changed.map(({ field, before: from, after }) => (
              <tr key={field}>
                <th scope="row">
                  {field} <Tag tone="ok">{say("changed")}</Tag>
                </th>
                <td>
                  {before
                    ? <Value value={from} names={names} />
                    : <span className="muted">{say("value at run time")}</span>}
                </td>
                <td>
                  <Value value={after} names={names} />
                </td>
              </tr>
            ))}
            {loses.map(({ field, before: from }) => (
              <tr key={field}>
                <th scope="row">
                  {field} <Tag tone="bad">{say("lost")}</Tag>
                </th>
                <td>
                  {before
                    ? <Value value={from} names={names} />
                    : <span className="muted">{say("value at run time")}</span>}
                </td>
                <td className="muted">{say("nothing")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {mode === "merge" && (rest.length === 0
        ? <p className="muted">{say("Everything else of the {noun} stays as it is.", { noun: entityWords(noun) })}</p>
        : (
          <details className="fl-more">
            <summary>
              {say("Everything else stays as it is: {fields}", { fields: rest.map(([field]) => field).join(", ") })}
            </summary>
            <dl className="fl-rest">
              {rest.map(([field, value]) => (
                <div key={field}>
                  <dt>{field}</dt>
                  <dd>
                    <Value value={value} names={names} />
                  </dd>
                </div>
              ))}
            </dl>
          </details>
        ))}
    </div>
  );
}

const MAX_ITEMS = 8;

function Value({ value, names }: { value: unknown; names: Names }): ReactNode {
  const { draft } = useEditor();
  if (value === undefined || value === null) return <span className="muted">{say("nothing")}</span>;
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="muted">{say("none")}</span>;
    return (
      <ul className="fl-values">
        {value.slice(0, MAX_ITEMS).map((item, index) => (
          <li key={index}>
            <Value value={item} names={names} />
          </li>
        ))}
        {value.length > MAX_ITEMS && (
          <li className="muted">{say("and {count} more", { count: value.length - MAX_ITEMS })}</li>
        )}
      </ul>
    );
  }
  if (isObject(value) && typeof value.customFieldId === "string") {
    return (
      <>
        <bdi>{names.get(value.customFieldId)?.name ?? value.customFieldId}</bdi>:{" "}
        <Value value={value.value} names={names} />
      </>
    );
  }
  if (isObject(value)) return <bdi className="mono">{JSON.stringify(value).slice(0, 300)}</bdi>;
  if (typeof value !== "string") return <bdi className="mono">{shown(value)}</bdi>;
  const name = names.get(value)?.name;
  if (name !== undefined) return <bdi title={value}>{name}</bdi>;
  const [, id] = /^(?:\{\{\s*)?\$\.steps\.([\w-]+)\.output\.id(?:\s*\}\})?$/.exec(value) ?? [];
  const finder = outline(draft).find(({ step }) => idOf(step) === id);
  if (finder) return <span className="muted">{say("result of step {number}", { number: finder.number })}</span>;
  return <bdi>{value === "" ? '""' : value}</bdi>;
}
