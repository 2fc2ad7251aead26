/** A text of the catalogues with elements in it. */

import { Fragment, type ReactNode } from "react";
import { type Places, translated } from "./say.ts";

type Tag = (inner: ReactNode) => ReactNode;

const PLAIN: Record<string, Tag> = {
  b: (inner) => <b>{inner}</b>,
  code: (inner) => <code>{inner}</code>,
  em: (inner) => <em>{inner}</em>,
};

type SayProps<Text extends string> =
  & {
    /** A literal, with `{name}` for a value and `<b>`, `<code>`, `<em>` or a tag of `tags` around words. */
    text: Text;
    /** What to put around the words of a tag, as in `{ a: (inner) => <Link href="/runs">{inner}</Link> }`. */
    tags?: Readonly<Record<string, Tag>>;
  }
  & ([Places<Text>] extends [never] ? { values?: undefined } : { values: Readonly<Record<Places<Text>, ReactNode>> });

export function Say<const Text extends string>({ text, values, tags = {} }: SayProps<Text>): ReactNode {
  return <>{parts(translated(text), { values: values ?? {}, tags: { ...PLAIN, ...tags } })}</>;
}

/** Places and tags, in the text's order; what is neither is text. */
function parts(
  text: string,
  given: { values: Readonly<Record<string, ReactNode>>; tags: Readonly<Record<string, Tag>> },
): ReactNode[] {
  const found: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(/\{(\w+)\}|<(\w+)>(.*?)<\/\2>/gs)) {
    const [whole, name, tag, inner] = match;
    found.push(text.slice(from, match.index));
    from = match.index + whole.length;
    const around = tag === undefined ? undefined : given.tags[tag];
    if (name !== undefined) found.push(name in given.values ? given.values[name] : whole);
    else found.push(around ? around(parts(inner!, given)) : whole);
  }
  found.push(text.slice(from));
  return found.map((part, index) => <Fragment key={index}>{part}</Fragment>);
}
