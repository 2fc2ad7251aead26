/** The entity that an event is about, by its name where that is known, with the way to what is known of it. */

import { Link } from "wouter";
import type { Named } from "../../ui/json_tree.tsx";
import { entityHref } from "../entities/words.ts";

export interface EntityLinkProps {
  /** `resource:id`, as events name it. */
  entity: string;
  nameOf?(id: string): Named | undefined;
}

export function EntityLink({ entity, nameOf }: EntityLinkProps) {
  const href = entityHref(entity);
  const name = nameOf?.(entity.slice(entity.indexOf(":") + 1))?.name;
  const text = (
    <>
      {name !== undefined && (
        <>
          <bdi>{name}</bdi>
          {" "}
        </>
      )}
      <code>
        <bdi>{entity}</bdi>
      </code>
    </>
  );
  return href === undefined ? text : <Link href={href}>{text}</Link>;
}
