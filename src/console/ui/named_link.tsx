/** The name of an object in place of its id, which stands in the title, with the way to its page. */

import { Link } from "wouter";
import type { Named } from "./json_tree.tsx";

export function NamedLink({ id, named: { name, href } }: { id: string; named: Named }) {
  return (
    <Link href={href} title={id}>
      <bdi>{name}</bdi>
    </Link>
  );
}
