/** The entity that an event is about, with the way to what is known of it. */

import { Link } from "wouter";
import { entityHref } from "../entities/words.ts";

/** `entity`: `resource:id`, as events name it. */
export function EntityLink({ entity }: { entity: string }) {
  const href = entityHref(entity);
  const text = (
    <code>
      <bdi>{entity}</bdi>
    </code>
  );
  return href === undefined ? text : <Link href={href}>{text}</Link>;
}
