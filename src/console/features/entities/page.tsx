/** Data: what is cached of the workspace, how its reading stands, and each entity with what happened to it. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useParams } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { getRead, getTypes } from "./api.ts";
import { EntityList } from "./entity_list.tsx";
import { EntityPage } from "./entity_page.tsx";
import { ReadPanel } from "./read_panel.tsx";
import { listWord } from "./kinds.ts";
import { dataHref } from "./words.ts";
import { say } from "../../words/say.ts";
import "./entities.css";

export function DataPage() {
  const { type, id } = useParams<{ type?: string; id?: string }>();
  useEffect(() => void (document.title = say("Data · Timewire")), []);
  return (
    <div className="stack">
      <div className="row">
        <h1 className="grow">{say("Data")}</h1>
        {type !== undefined && <Link href="/data">{say("All types")}</Link>}
        {type !== undefined && id !== undefined && <Link href={dataHref(type)}>{say("All of this type")}</Link>}
      </div>
      {type === undefined
        ? (
          <>
            <ReadPanel />
            <OtherTypes />
          </>
        )
        : id === undefined
        ? <EntityList key={type} type={type} />
        : <EntityPage key={`${type} ${id}`} type={type} id={id} />}
    </div>
  );
}

/** Types that are cached, of which the newest read has no list. */
function OtherTypes() {
  const { api } = useSignedIn();
  const format = useFormat();
  const types = useQuery({ queryKey: ["data", "types"], queryFn: ({ signal }) => getTypes(api, signal) });
  const read = useQuery({ queryKey: ["data", "read"], queryFn: ({ signal }) => getRead(api, signal) });
  const lists = new Set(read.data?.lists.map((list) => list.entity_type));
  const others = read.data && types.data?.filter(({ type }) => !lists.has(type));
  if (!others || others.length === 0) return null;
  return (
    <nav aria-label={say("Other cached types")} className="row">
      <span className="muted">{say("Also cached:")}</span>
      {others.map(({ type, count }) => (
        <Link key={type} href={dataHref(type)}>
          {listWord(type)} ({format.number(count)})
        </Link>
      ))}
    </nav>
  );
}
