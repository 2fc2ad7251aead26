/** Which flows matched an event, and for each condition what it expected and what it found. */

import { Link } from "wouter";
import type { FlowVerdict } from "./api.ts";
import type { RuleVerdict } from "../flows/api.ts";
import { Tag } from "../../ui/tag.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export function EventFlows({ flows }: { flows: readonly FlowVerdict[] }) {
  const listening = flows.filter(({ listens }) => listens);
  const others = flows.filter(({ listens }) => !listens);
  if (flows.length === 0) {
    return (
      <p className="muted">
        <Say
          text="This workspace has no flow yet. <a>Create one</a>"
          tags={{ a: (inner) => <Link href="/flows">{inner}</Link> }}
        />
      </p>
    );
  }
  return (
    <div className="stack">
      <p className="muted">{say("Evaluated with the current flows. A run keeps the version it started with.")}</p>
      {listening.length === 0 && <p>{say("No flow listens to this event.")}</p>}
      {listening.map((flow) => <Verdict key={flow.flowId} flow={flow} />)}
      {others.length > 0 && (
        <details>
          <summary>
            {sayCount(others.length, "1 flow listens to other events", "{count} flows listen to other events", {
              count: others.length,
            })}
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
          <span className="faint">{say("version {number}", { number: version })}</span>
        </h3>
        {!enabled && <Tag tone="idle">{say("Switched off##a flow")}</Tag>}
        {matched === null
          ? <Tag tone="warn">{say("Not readable")}</Tag>
          : matched
          ? <Tag tone="ok">{say("Matches")}</Tag>
          : <Tag tone="idle">{say("Does not match")}</Tag>}
        {runId && <Link href={`/runs/${runId}`}>{say("Show the run")}</Link>}
      </div>
      {rules.length === 0
        ? (
          <p className="muted">
            {matched === null ? say("This version cannot read its conditions.") : say("It has no conditions.")}
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
  "==": say("is"),
  "!=": say("is not"),
  ">": say("is greater than"),
  ">=": say("is at least"),
  "<": say("is less than"),
  "<=": say("is at most"),
  contains: say("contains"),
  not_contains: say("does not contain"),
  in: say("is one of"),
  not_in: say("is none of"),
  exists: say("exists"),
  not_exists: say("does not exist"),
  matches: say("matches the pattern"),
  starts_with: say("starts with"),
  ends_with: say("ends with"),
  weekday_in: say("falls on"),
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
        <span className="visually-hidden">{`${matched ? say("Met") : say("Not met")}: `}</span>
        <code>
          <bdi>{field}</bdi>
        </code>{" "}
        {isMissing ? say("is missing") : OPERATORS[operator] ?? operator}
        {expected !== undefined && operator !== "exists" && (
          <>
            {" "}
            <Shown value={expected} />
          </>
        )}
        <div className="muted">
          {actual === undefined
            ? say("found nothing")
            : <Say text="found {value}" values={{ value: <Shown value={actual} /> }} />}
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
