/** Which flows matched an event, and for each condition what it expected and what it found. */

import { Link } from "wouter";
import type { FlowVerdict } from "./api.ts";
import type { RuleVerdict } from "../flows/api.ts";
import { Tag } from "../../ui/tag.tsx";

export function EventFlows({ flows }: { flows: readonly FlowVerdict[] }) {
  const listening = flows.filter(({ listens }) => listens);
  const others = flows.filter(({ listens }) => !listens);
  if (flows.length === 0) {
    return (
      <p className="muted">
        This workspace has no flow yet. <Link href="/flows">Create one</Link>
      </p>
    );
  }
  return (
    <div className="stack">
      <p className="muted">Evaluated with the current flows. A run keeps the version it started with.</p>
      {listening.length === 0 && <p>No flow listens to this event.</p>}
      {listening.map((flow) => <Verdict key={flow.flowId} flow={flow} />)}
      {others.length > 0 && (
        <details>
          <summary>
            {others.length === 1 ? "1 flow listens" : `${others.length} flows listen`} to other events
          </summary>
          <ul>
            {others.map(({ flowId, name }) => (
              <li key={flowId}>
                <Link href={`/flows/${flowId}`}>
                  <bdi>{name}</bdi>
                </Link>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Verdict({ flow }: { flow: FlowVerdict }) {
  const { flowId, name, version, enabled, matched, runId, rules } = flow;
  return (
    <section className="verdict">
      <div className="row">
        <h3 className="grow">
          <Link href={`/flows/${flowId}`}>
            <bdi>{name}</bdi>
          </Link>{" "}
          <span className="faint">version {version}</span>
        </h3>
        {!enabled && <Tag tone="idle">Switched off</Tag>}
        {matched === null
          ? <Tag tone="warn">Not readable</Tag>
          : matched
          ? <Tag tone="ok">Matches</Tag>
          : <Tag tone="idle">Does not match</Tag>}
        {runId && <Link href={`/runs/${runId}`}>Show the run</Link>}
      </div>
      {rules.length === 0
        ? (
          <p className="muted">
            {matched === null ? "This version cannot read its conditions." : "It has no conditions."}
          </p>
        )
        : (
          <ul className="rules">
            {rules.map((rule) => <Rule key={rule.path} rule={rule} />)}
          </ul>
        )}
    </section>
  );
}

const OPERATORS: Record<string, string> = {
  "==": "is",
  "!=": "is not",
  ">": "is greater than",
  ">=": "is at least",
  "<": "is less than",
  "<=": "is at most",
  contains: "contains",
  not_contains: "does not contain",
  in: "is one of",
  not_in: "is none of",
  exists: "exists",
  not_exists: "does not exist",
  matches: "matches the pattern",
  starts_with: "starts with",
  ends_with: "ends with",
  weekday_in: "falls on",
};

function Rule({ rule }: { rule: RuleVerdict }) {
  const { field, operator, expected, actual, matched, reason, warning } = rule;
  // "== does not hold for text" says no more than what stands here already.
  const isMissing = operator === "exists" && expected === false;
  const said = reason?.startsWith(`${operator} `) ? null : reason;
  return (
    <li>
      <span className={matched ? "sign met" : "sign unmet"} aria-hidden="true">{matched ? "✓" : "✗"}</span>
      <div>
        <span className="visually-hidden">{matched ? "Met: " : "Not met: "}</span>
        <code>
          <bdi>{field}</bdi>
        </code>{" "}
        {isMissing ? "is missing" : OPERATORS[operator] ?? operator}
        {expected !== undefined && operator !== "exists" && (
          <>
            {" "}
            <Shown value={expected} />
          </>
        )}
        <div className="muted">
          found {actual === undefined ? "nothing" : <Shown value={actual} />}
          {said && (
            <>
              {" · "}
              <bdi>{said}</bdi>
            </>
          )}
          {warning && (
            <>
              {" · "}
              <bdi>{warning}</bdi>
            </>
          )}
        </div>
      </div>
    </li>
  );
}

function Shown({ value }: { value: unknown }) {
  return (
    <code className="value">
      <bdi>{JSON.stringify(value)}</bdi>
    </code>
  );
}
