/** The steps of a run as a tree: which list a branch chose, the items of a loop, until when a wait lasts, who is asked. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import type { RunDetail } from "./api.ts";
import { getItems, getNodes, type NodeEnd, type RunItem, type RunNode } from "./nodes_api.ts";
import { ACTIVE_STATES } from "./run_words.ts";
import { kindWords, listWords } from "./node_words.ts";
import "./run_tree.css";

const POLL_MS = 2_000;
const STATES: Readonly<Record<NodeEnd["state"], [Tone, string]>> = {
  not_started: ["idle", say("Not started")],
  running: ["wait", say("In progress")],
  completed: ["ok", say("Completed")],
  failed: ["bad", say("Failed")],
  cancelled: ["idle", say("Cancelled")],
};

interface TreeProps {
  run: RunDetail;
  chosen: string | undefined;
  onChoose(path: string): void;
}

export function RunTree({ nodes, ...props }: TreeProps & { nodes: readonly RunNode[] }) {
  return (
    <section className="panel stack" aria-labelledby="run-steps">
      <h2 id="run-steps">{say("Steps")}</h2>
      <Nodes nodes={nodes} {...props} />
    </section>
  );
}

function Nodes({ nodes, ...props }: TreeProps & { nodes: readonly RunNode[] }) {
  if (nodes.length === 0) return <p className="muted run-none">{say("Nothing")}</p>;
  return (
    <ul className="run-nodes">
      {nodes.map((node) => (
        <li key={node.path}>
          <Node node={node} {...props} />
        </li>
      ))}
    </ul>
  );
}

function Node({ node, ...props }: TreeProps & { node: RunNode }) {
  const { path, name, title, kind, approval } = node;
  const isChosen = path === props.chosen;
  return (
    <>
      <div className={`run-node${isChosen ? " chosen" : ""}`}>
        {kind === "action"
          ? (
            <button
              type="button"
              className="run-node-name"
              aria-pressed={isChosen}
              onClick={() => props.onChoose(path)}
            >
              <bdi>{name}</bdi>
              {title && title !== name && (
                <small className="muted">
                  <bdi>{title}</bdi>
                </small>
              )}
            </button>
          )
          : (
            <span className="run-node-name">
              {kindWords(node)} <small className="muted">{name}</small>
            </span>
          )}
        <State end={node} until={node.until ?? approval?.expiresAt ?? null} />
        {approval && <Link href={`/approvals/${approval.id}`}>{say("Open the request")}</Link>}
      </div>
      {node.error && kind !== "action" && <p className="fault run-below">{node.error.message}</p>}
      <Lists node={node} {...props} />
      {kind === "loop" && node.items && <Items node={node} {...props} />}
    </>
  );
}

function State({ end, until }: { end: NodeEnd; until: Date | null }) {
  const format = useFormat();
  const [tone, text] = STATES[end.state];
  const ms = end.startedAt && end.finishedAt ? end.finishedAt.getTime() - end.startedAt.getTime() : undefined;
  return (
    <>
      <Tag tone={tone}>{text}</Tag>
      {end.state === "running" && until && (
        <span className="muted">
          <Say text="until {when}" values={{ when: <When at={until} as="full" /> }} />
        </span>
      )}
      {ms !== undefined && <span className="muted nowrap">{format.duration(ms)}</span>}
    </>
  );
}

/** What began is open; the others are one line. */
function Lists({ node, ...props }: TreeProps & { node: RunNode }) {
  return (
    <>
      {node.lists.map((list) => {
        const name = listWords(node, list);
        const isWalked = list.item === node.taken || list.steps.some(({ state }) => state !== "not_started");
        return (
          <Fold
            key={list.item}
            isOpen={isWalked}
            summary={<>{name}{isWalked ? "" : <span className="muted">{say(": not run")}</span>}</>}
          >
            <Nodes nodes={list.steps} {...props} />
          </Fold>
        );
      })}
    </>
  );
}

function Fold({ summary, isOpen = false, children }: { summary: ReactNode; isOpen?: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(isOpen);
  return (
    <details
      className="run-list"
      open={open}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>{summary}</summary>
      {open && children}
    </details>
  );
}

function Items({ node, ...props }: TreeProps & { node: RunNode }) {
  const { total, begun, failed, open } = node.items!;
  const format = useFormat();
  const said = [
    total !== null && total !== begun
      ? sayCount(total, "{begun} of {total} items", "{begun} of {total} items", {
        begun: format.number(begun),
        total: format.number(total),
      })
      : sayCount(begun, "{count} items", "{count} items", { count: format.number(begun) }),
    ...(failed > 0 ? [sayCount(failed, "{count} failed", "{count} failed", { count: format.number(failed) })] : []),
    ...(open > 0 ? [say("{count} in progress", { count: format.number(open) })] : []),
  ].join(", ");
  return (
    <Fold summary={said} isOpen={failed > 0}>
      <ItemPages node={node} {...props} />
    </Fold>
  );
}

function ItemPages({ node, ...props }: TreeProps & { node: RunNode }) {
  const { api } = useSignedIn();
  const query = useInfiniteQuery({
    queryKey: ["runs", "items", props.run.id, node.path],
    queryFn: ({ pageParam, signal }) => getItems(api, props.run.id, { loop: node.path, offset: pageParam, signal }),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next,
    refetchInterval: ACTIVE_STATES.has(props.run.state) && POLL_MS,
  });
  if (query.error && !query.data) {
    return <Failure error={query.error} what={say("the items")} onRetry={() => void query.refetch()} />;
  }
  if (!query.data) return <Skeleton lines={3} label={say("Loading the items")} />;
  return (
    <>
      <ul className="run-nodes">
        {query.data.pages.flatMap(({ items }) => items).map((item) => (
          <li key={item.item}>
            <Item item={item} {...props} />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <button type="button" className="btn small" onClick={() => void query.fetchNextPage()}>
          {say("Show 50 more")}
        </button>
      )}
    </>
  );
}

function Item({ item, ...props }: TreeProps & { item: RunItem }) {
  return (
    <Fold
      summary={
        <>
          {say("Item {number}", { number: item.item + 1 })} <State end={item} until={null} />
          {item.error && <span className="fault">{item.error.message}</span>}
        </>
      }
    >
      <ItemSteps path={item.path} {...props} />
    </Fold>
  );
}

function ItemSteps({ path, ...props }: TreeProps & { path: string }) {
  const { api } = useSignedIn();
  const { data, error, refetch } = useQuery({
    queryKey: ["runs", "nodes", props.run.id, path],
    queryFn: ({ signal }) => getNodes(api, props.run.id, { below: path, signal }),
  });
  if (error) return <Failure error={error} what={say("the steps of the item")} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton lines={2} label={say("Loading the steps of the item")} />;
  return <Nodes nodes={data} {...props} />;
}
