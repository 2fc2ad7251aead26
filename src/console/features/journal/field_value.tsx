/** A field's value in words: names for ids, yes and no, times of the viewer's zone, amounts; the rest as JSON. */

import type { ReactNode } from "react";
import { useFormat } from "../../ui/format.tsx";
import { readText, visibleText } from "../../ui/json_lines.ts";
import type { Names } from "./change_words.ts";
import { say } from "../../words/say.ts";

const MAX_ITEMS = 8;
const MAX_TEXT = 300;

export function FieldValue({ value, names }: { value: unknown; names: Names }): ReactNode {
  const format = useFormat();
  if (value === undefined || value === null || value === "") return <span className="muted">{say("nothing")}</span>;
  if (typeof value === "boolean") return value ? say("yes") : say("no");
  if (typeof value === "number") return format.number(value);
  if (typeof value === "string") return <Text text={value} names={names} />;
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="muted">{say("none")}</span>;
    return (
      <ul className="journal-values">
        {value.slice(0, MAX_ITEMS).map((item, index) => (
          <li key={index}>
            <FieldValue value={item} names={names} />
          </li>
        ))}
        {value.length > MAX_ITEMS && (
          <li className="muted">{say("and {count} more", { count: value.length - MAX_ITEMS })}</li>
        )}
      </ul>
    );
  }
  const { amount, currency, customFieldId, value: own } = value as Record<string, unknown>;
  // Clockify writes amounts in hundredths.
  if (typeof amount === "number") {
    return `${(amount / 100).toFixed(2)}${typeof currency === "string" ? ` ${currency}` : ""}`;
  }
  if (typeof customFieldId === "string") {
    return (
      <>
        <bdi>{names.get(customFieldId)?.name ?? customFieldId}</bdi>: <FieldValue value={own} names={names} />
      </>
    );
  }
  return <bdi className="mono">{cut(JSON.stringify(value))}</bdi>;
}

function Text({ text, names }: { text: string; names: Names }) {
  const format = useFormat();
  const name = names.get(text)?.name;
  if (name !== undefined) return <bdi title={text}>{name}</bdi>;
  const read = readText(text);
  if (read) return <span title={text}>{"at" in read ? format.dateTime(read.at) : read.lasts}</span>;
  return <bdi>{cut(visibleText(text))}</bdi>;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
