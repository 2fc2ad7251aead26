/** "Where is it used?": the flows and drafts that name an operation, something in Clockify, a secret, a source or a flow. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Combobox } from "../../ui/combobox.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useSettled } from "../../ui/use_settled.ts";
import type { Answer, Wire } from "../../wire.ts";
import { entityWords } from "./draft/entity_words.ts";
import { describePath } from "./draft/paths.ts";
import { operationsFor } from "./draft/operation_search.ts";
import { searchEntities } from "./names_api.ts";
import { getVocabulary } from "./vocabulary_api.ts";
import { say, sayLabel } from "../../words/say.ts";

type Kind = Wire<"WhereUsed">["kind"];

interface Thing {
  kind: Kind;
  value: string;
  label: string;
}

const KIND_WORDS: Record<Exclude<Kind, "entity">, string> = {
  operation: say("operation"),
  secret: say("secret"),
  source: say("source"),
  flow: say("flow"),
};
const PAUSE_MS = 250;
const SHOWN = 8;

export function WhereUsed() {
  const [search, setSearch] = useSearchParams();
  const chosen = thingOf(search.get("used"));
  const choose = (thing: Thing | undefined) =>
    setSearch((now) => {
      const next = new URLSearchParams(now);
      if (thing) next.set("used", `${thing.kind} ${thing.value} ${thing.label}`);
      else next.delete("used");
      return next;
    }, { replace: true });
  return (
    <section className="panel stack fl-used" aria-label={say("Uses")}>
      <ThingPicker onPick={choose} />
      {chosen && <Uses thing={chosen} onClose={() => choose(undefined)} />}
    </section>
  );
}

/** One field for all: names of what is in Clockify, operations by words, secrets and sources by their names. */
function ThingPicker({ onPick }: { onPick(thing: Thing): void }) {
  const { api } = useSignedIn();
  const [text, setText] = useState("");
  const asked = useSettled(text.trim(), PAUSE_MS);
  const { data: entities = [] } = useQuery({
    queryKey: ["names", "search", "all", asked],
    queryFn: ({ signal }) => searchEntities(api, { text: asked, signal }),
    enabled: asked !== "",
    staleTime: 2_000,
    placeholderData: keepPreviousData,
  });
  const { data: words } = useQuery({
    queryKey: ["vocabulary"],
    queryFn: ({ signal }) => getVocabulary(api, signal),
    enabled: text !== "",
    staleTime: 300_000,
  });
  const wanted = text.trim();
  const item = (group: string, { kind, value, label }: Thing, detail?: string) => ({
    key: `${kind} ${value}`,
    label,
    detail,
    group,
    thing: { kind, value, label },
  });
  const found = wanted === "" ? [] : [
    ...entities.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase())).slice(0, SHOWN).map((one) =>
      item(say("In Clockify"), { kind: "entity", value: one.id, label: one.name }, entityWords(one.type))
    ),
    ...operationsFor(words?.operations ?? [], wanted).slice(0, SHOWN).map((one) =>
      item(
        say("Operations"),
        { kind: "operation", value: one.operationId, label: sayLabel(one.summary) },
        one.operationId,
      )
    ),
    ...(/^[0-9a-f]{24}$/.test(wanted) ? [item(say("Ids"), { kind: "entity", value: wanted, label: wanted })] : []),
    ...(/^[a-z0-9_-]{1,50}$/.test(wanted)
      ? [item(say("By name"), { kind: "source", value: wanted, label: wanted }, say("source of webhooks"))]
      : []),
    ...(/^[\x21-\x7e]{1,200}$/.test(wanted)
      ? [item(say("By name"), { kind: "secret", value: wanted, label: wanted }, say("secret in a field of this name"))]
      : []),
  ];
  return (
    <Combobox
      label={say("Where is it used?")}
      text={text}
      onText={setText}
      items={found}
      onPick={({ thing }) => {
        onPick(thing);
        setText("");
      }}
      placeholder={say("A tag, a project, an operation, the name of a secret")}
    />
  );
}

function Uses({ thing, onClose }: { thing: Thing; onClose(): void }) {
  const { api } = useSignedIn();
  const { kind, value, label } = thing;
  const { data, error, refetch } = useQuery({
    queryKey: ["flows", "where used", kind, value],
    queryFn: ({ signal }) => api.get<Answer<"get_ui_flows_where_used">>("/flows/where-used", { [kind]: value }, signal),
  });
  return (
    <div className="fl-group">
      <div className="row">
        <h2 className="said grow">
          <bdi>{label}</bdi> <span className="muted">{kind === "entity" ? value : KIND_WORDS[kind]}</span>
        </h2>
        <button type="button" className="btn plain small" onClick={onClose}>
          {say("Close")}
          <span className="visually-hidden">{say("where it is used")}</span>
        </button>
      </div>
      {error && <Failure error={error} what={say("where it is used")} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={2} label={say("Looking through the flows")} />}
      {data?.total === 0 && <p className="muted">{say("No flow and no draft names it.")}</p>}
      {data && data.total > 0 && (
        <ul className="fl-plain" aria-label={say("Flows that name it")}>
          {data.uses.map(({ flow_id, name, enabled, is_draft, places }) => (
            <li key={`${flow_id} ${is_draft}`}>
              <span className="row">
                <Link href={`/flows/${flow_id}`}>
                  <bdi>{name}</bdi>
                </Link>
                {is_draft
                  ? <Tag tone="warn">{say("draft")}</Tag>
                  : <Tag tone={enabled ? "ok" : "idle"}>{enabled ? say("on") : say("off")}</Tag>}
              </span>
              {places.map(({ path, words }) => (
                <div key={path} className="muted" title={path}>{describePath(path)}: {words}</div>
              ))}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Of the address: "entity 64c7… Name of it". */
function thingOf(text: string | null): Thing | undefined {
  const [, kind, value, label] = /^(operation|entity|secret|source|flow) (\S+)(?: (.*))?$/s.exec(text ?? "") ?? [];
  return kind === undefined ? undefined : { kind: kind as Kind, value: value!, label: label || value! };
}
