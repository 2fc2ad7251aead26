/** What is said of an agent, in the list and on its page: its state, its health, its breaker, and its calls of a day. */

import { useQuery } from "@tanstack/react-query";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type Agent, checkAgent } from "./api.ts";
import "./agents.css";

const STATUS_TONES = { active: "ok", inactive: "warn", deleted: "idle" } as const;
const STATUS_WORDS = {
  active: say("Active##an agent"),
  inactive: say("Inactive##an agent"),
  deleted: say("Deleted##an agent"),
};

export function AgentStatus({ agent: { status } }: { agent: Agent }) {
  return <Tag tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</Tag>;
}

/** Looked at when a person asks: a look is a request to the agent. */
export function Health({ agent }: { agent: Agent }) {
  const { api } = useApiSession();
  const format = useFormat();
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["agent_health", agent.id],
    queryFn: ({ signal }) => checkAgent(api, agent.id, signal),
    enabled: false,
  });
  return (
    <div className="agent-health" aria-live="polite">
      {data && (
        <>
          <Tag tone={data.status === "healthy" ? "ok" : "bad"}>
            {data.status === "healthy" ? say("Answers##an agent") : say("Does not answer")}
          </Tag>
          <div className="muted">
            {data.error ?? `${format.duration(data.response_time_ms)}, ${VIA[data.via]}`},{" "}
            <When at={new Date(data.checked_at)} as="ago" />
          </div>
        </>
      )}
      {!data && error && <div className="fault">{error.message}</div>}
      {!data && !error && <span className="muted">{say("Not checked")}</span>}
      <div>
        <button
          type="button"
          className="btn small"
          aria-disabled={isFetching}
          onClick={() => isFetching || void refetch()}
        >
          {isFetching ? say("Checking…") : data ? say("Check again") : say("Check now")}
          <span className="visually-hidden">{agent.name}</span>
        </button>
      </div>
    </div>
  );
}

const VIA = { agent_card: say("by its card"), health: say("by /health") };

const BREAKER_WORDS = {
  closed: { tone: "ok", word: say("Closed##a breaker") },
  half_open: { tone: "warn", word: say("Half open") },
  open: { tone: "bad", word: say("Open##a breaker") },
} as const;

export function Breaker({ agent: { circuit_breaker: { state, retry_at } } }: { agent: Agent }) {
  const { tone, word } = BREAKER_WORDS[state];
  return (
    <div>
      <Tag tone={tone}>{word}</Tag>
      {retry_at && (
        <div className="muted">
          <Say text="next attempt {ago}" values={{ ago: <When at={new Date(retry_at)} as="ago" /> }} />
        </div>
      )}
    </div>
  );
}

export function Calls({ agent: { last_24_hours: { calls, failures, p95_latency_ms: p95 } } }: { agent: Agent }) {
  const format = useFormat();
  if (calls === 0) return <span className="muted">{say("none##calls")}</span>;
  return (
    <div>
      <div className="nowrap">
        {sayCount(calls, "{count} call", "{count} calls", { count: format.number(calls) })}
        {failures > 0 && (
          <>
            ,{" "}
            <span className="agent-failures">
              {sayCount(failures, "{count} failed", "{count} failed", { count: format.number(failures) })}
            </span>
          </>
        )}
      </div>
      {p95 !== null && (
        <div className="muted nowrap">{say("95th percentile {duration}", { duration: format.duration(p95) })}</div>
      )}
    </div>
  );
}

export function CalledWith(
  { agent: { auth_type, auth_config, timeout_ms, retry_config, has_credentials } }: { agent: Agent },
) {
  const format = useFormat();
  const words = auth_type === "none"
    ? say("no credentials")
    : auth_type === "bearer"
    ? say("a bearer token")
    : say("a key in {header}", { header: auth_config?.header_name ?? "X-API-Key" });
  const isGone = auth_type !== "none" && !has_credentials;
  const timeout = format.duration(timeout_ms);
  const count = retry_config.max_retries;
  return (
    <div>
      <div>{isGone ? say("{credentials} (gone)", { credentials: words }) : words}</div>
      <div className="muted">
        {count === 0
          ? say("{timeout} timeout, no retries", { timeout })
          : sayCount(count, "{timeout} timeout, 1 retry", "{timeout} timeout, {count} retries", { timeout, count })}
      </div>
    </div>
  );
}
