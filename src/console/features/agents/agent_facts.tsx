/** What is said of an agent, in the list and on its page: its state, its health, its breaker, and its calls of a day. */

import { useQuery } from "@tanstack/react-query";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { type Agent, checkAgent } from "./api.ts";
import "./agents.css";

const STATUS_TONES = { active: "ok", inactive: "warn", deleted: "idle" } as const;
const STATUS_WORDS = { active: "Active", inactive: "Inactive", deleted: "Deleted" };

export function AgentStatus({ agent: { status } }: { agent: Agent }) {
  return <Tag tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</Tag>;
}

/** Looked at when a person asks: a look is a request to the agent. */
export function Health({ agent }: { agent: Agent }) {
  const { api } = useApiSession();
  const format = useFormat();
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["agent health", agent.id],
    queryFn: ({ signal }) => checkAgent(api, agent.id, signal),
    enabled: false,
  });
  return (
    <div className="agent-health" aria-live="polite">
      {data && (
        <>
          <Tag tone={data.status === "healthy" ? "ok" : "bad"}>
            {data.status === "healthy" ? "Answers" : "Does not answer"}
          </Tag>
          <div className="muted">
            {data.error ?? `${format.duration(data.response_time_ms)}, ${VIA[data.via]}`},{" "}
            <When at={new Date(data.checked_at)} as="ago" />
          </div>
        </>
      )}
      {!data && error && <div className="fault">{error.message}</div>}
      {!data && !error && <span className="muted">Not checked</span>}
      <div>
        <button
          type="button"
          className="btn small"
          aria-disabled={isFetching}
          onClick={() => isFetching || void refetch()}
        >
          {isFetching ? "Checking…" : data ? "Check again" : "Check now"}
          <span className="visually-hidden">{agent.name}</span>
        </button>
      </div>
    </div>
  );
}

const VIA = { agent_card: "by its card", health: "by /health" };

const BREAKER_WORDS = {
  closed: { tone: "ok", word: "Closed" },
  half_open: { tone: "warn", word: "Half open" },
  open: { tone: "bad", word: "Open" },
} as const;

export function Breaker({ agent: { circuit_breaker: { state, retry_at } } }: { agent: Agent }) {
  const { tone, word } = BREAKER_WORDS[state];
  return (
    <div>
      <Tag tone={tone}>{word}</Tag>
      {retry_at && (
        <div className="muted">
          next attempt <When at={new Date(retry_at)} as="ago" />
        </div>
      )}
    </div>
  );
}

export function Calls({ agent: { last_24_hours: { calls, failures, p95_latency_ms: p95 } } }: { agent: Agent }) {
  const format = useFormat();
  if (calls === 0) return <span className="muted">none</span>;
  return (
    <div>
      <div className="nowrap">
        {format.number(calls)} {calls === 1 ? "call" : "calls"}
        {failures > 0 && (
          <>
            , <span className="agent-failures">{format.number(failures)} failed</span>
          </>
        )}
      </div>
      {p95 !== null && <div className="muted nowrap">95th percentile {format.duration(p95)}</div>}
    </div>
  );
}

export function CalledWith(
  { agent: { auth_type, auth_config, timeout_ms, retry_config, has_credentials } }: { agent: Agent },
) {
  const format = useFormat();
  const words = auth_type === "none"
    ? "no credentials"
    : auth_type === "bearer"
    ? "a bearer token"
    : `a key in ${auth_config?.header_name ?? "X-API-Key"}`;
  return (
    <div>
      <div>
        {words}
        {auth_type !== "none" && !has_credentials && " (gone)"}
      </div>
      <div className="muted">
        {format.duration(timeout_ms)} timeout, {retry_config.max_retries === 0
          ? "no retries"
          : retry_config.max_retries === 1
          ? "1 retry"
          : `${retry_config.max_retries} retries`}
      </div>
    </div>
  );
}
