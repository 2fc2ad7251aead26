/** Fields before and after, in words. */

import { Fragment } from "react";
import type { Difference } from "./api.ts";
import { capital } from "../entities/kinds.ts";
import { fieldText, type Names } from "./change_words.ts";
import { FieldValue } from "./field_value.tsx";
import { say } from "../../words/say.ts";

export interface DifferenceTableProps {
  caption: string;
  rows: readonly Difference[];
  names: Names;
  /** Headings of the two columns. */
  columns?: readonly [string, string];
  /** One does not take the place of the other. */
  isPlain?: boolean;
}

export function DifferenceTable(
  { caption, rows, names, columns = [say("Before"), say("After")], isPlain }: DifferenceTableProps,
) {
  return (
    <table className={isPlain ? "journal-diff" : "journal-diff change"}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{say("Field")}</th>
          <th scope="col">{columns[0]}</th>
          <th scope="col">{columns[1]}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ field, before, after }) => (
          <tr key={field}>
            <th scope="row">{capital(fieldText(field, names))}</th>
            <td className="was">
              <FieldValue value={before} names={names} />
            </td>
            <td className="became">
              <FieldValue value={after} names={names} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Fields of one object, where there is nothing to hold them against. */
export function FieldList({ fields, names }: { fields: readonly [string, unknown][]; names: Names }) {
  return (
    <dl className="journal-facts">
      {fields.map(([field, value]) => (
        <Fragment key={field}>
          <dt>{capital(fieldText(field, names))}</dt>
          <dd>
            <FieldValue value={value} names={names} />
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** What says nothing to a person, beside what has no value. */
const UNSAID = new Set(["id", "workspaceId"]);

/** The fields of an object that a person wants to read: plain values, amounts, lists of plain values, and an entry's times. */
export function readableFields(object: unknown): [string, unknown][] {
  if (!isObject(object)) return [];
  return Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
    if (UNSAID.has(name) || value === null || value === "") return [];
    if (name === "timeInterval") return readableFields(value);
    return typeof value !== "object" || isPlainList(value) || isAmount(value) ? [[name, value]] : [];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAmount(value: unknown): boolean {
  return isObject(value) && typeof value.amount === "number";
}

function isPlainList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string");
}
