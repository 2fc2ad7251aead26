/** "Test on an event": whether the draft matches a stored event, why, and each request it would make. It reads alone. */

import type { ReactNode } from "react";
import type { DryRun, DryRunAction, RuleVerdict } from "./api.ts";
import type { Entity } from "./names_api.ts";
import type { EventRow } from "../events/api.ts";
import { shown } from "./draft/completion.ts";
import { entityWords } from "./draft/entity_words.ts";
import { outline, rowAt } from "./draft/outline.ts";
import { saidWords } from "./draft/said.ts";
import { sentenceOf } from "./draft/sentences.ts";
import { idOf, isControl } from "./draft/tree.ts";
import { fieldOfRule, operatorsFor } from "./draft/rule_type.ts";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";
import { ChangeView } from "./change_view.tsx";
import { stepOfResult, useEditor } from "./editor_context.tsx";
import { Hints } from "./fault_list.tsx";
import { operatorName } from "./rule_fields.tsx";
import { say, sayCount, sayLabel } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export interface TestPanelProps {
  events: readonly EventRow[];
  chosen: string | undefined;
  onChoose(id: string): void;
  dryRun: DryRun | undefined;
  isStale: boolean;
  names: ReadonlyMap<string, Entity>;
  /** Shown in place of a result. */
  instead: ReactNode;
  /** Runs it for real. */
  realRun?: ReactNode;
  /** Below the canvas, as wide as it: the steps stand beside each other. */
  isDrawer?: boolean;
}

export function TestPanel({ events, chosen, onChoose, dryRun, isStale, names, ...more }: TestPanelProps) {
  const { instead, realRun, isDrawer } = more;
  const format = useFormat();
  return (
    <section
      className={`panel fl-test${isDrawer ? " fl-drawer" : ""}`}
      id="fl-test"
      tabIndex={-1}
      aria-labelledby="fl-test-title"
    >
      <h2 id="fl-test-title">{say("Test on an event")}</h2>
      {events.length > 0 && (
        <label className="field">
          <span>{say("Sample event")}</span>
          <select value={chosen ?? ""} onChange={({ target }) => onChoose(target.value)}>
            {events.map(({ id, eventType, receivedAt, subject }) => (
              <option key={id} value={id}>
                {`${eventType} · ${format.time(receivedAt)}${subject ? ` · ${subject}` : ""}`}
              </option>
            ))}
          </select>
        </label>
      )}
      {dryRun === undefined ? <div className="muted">{instead}</div> : (
        <div className="stack" aria-busy={isStale}>
          <div className="fl-outcome" role="status">
            <Outcome dryRun={dryRun} />
            <b>{say("Dry run: nothing was changed.")}</b>
          </div>
          <Warnings dryRun={dryRun} />
          <Rules dryRun={dryRun} names={names} />
          <div className="fl-results">
            {dryRun.actions.map((action) => (
              <ActionResult
                key={`${action.step?.place ?? action.index}#${action.step?.items.join("#") ?? ""}`}
                action={action}
                names={names}
              />
            ))}
          </div>
          {realRun}
        </div>
      )}
    </section>
  );
}

function Outcome({ dryRun: { triggered, matched, actions } }: { dryRun: DryRun }) {
  if (!triggered) return <Tag tone="idle">{say("The flow does not listen to this event")}</Tag>;
  if (matched === null) return <Tag tone="bad">{say("The conditions have errors")}</Tag>;
  if (!matched) return <Tag tone="idle">{say("Does not match")}</Tag>;
  const runs = actions.filter(({ wouldRun }) => wouldRun).length;
  return (
    <Tag tone="ok">
      {sayCount(
        actions.length,
        "Matches: {runs} of {count} step would run",
        "Matches: {runs} of {count} steps would run",
        { runs, count: actions.length },
      )}
    </Tag>
  );
}

/** What may go wrong when it runs, and what is missing on this event. */
function Warnings({ dryRun: { warnings } }: { dryRun: DryRun }) {
  if (warnings.length === 0) return null;
  return (
    <div className="alert" role="group" aria-label={say("Warnings")}>
      <Hints hints={warnings} />
    </div>
  );
}

function Rules({ dryRun: { rules }, names }: { dryRun: DryRun; names: ReadonlyMap<string, Entity> }) {
  const { draft: { triggers }, vocabulary } = useEditor();
  const { operators } = vocabulary;
  if (rules.length === 0) return null;
  const wordsOf = ({ operator, expected }: RuleVerdict) => {
    const name = operatorName({ operator, value: expected });
    return operators.find((one) => one.name === name);
  };
  const labelOf = (rule: RuleVerdict) => {
    const name = operatorName({ operator: rule.operator, value: rule.expected });
    const type = fieldOfRule(rule.field, { triggers, vocabulary })?.valueType;
    const listed = operatorsFor(type, { ...vocabulary, used: name });
    return sayLabel(listed.find((one) => one.name === name)?.label ?? rule.operator);
  };
  const takesValue = (rule: RuleVerdict) => wordsOf(rule)?.value !== "none";
  return (
    <div>
      <h3>{say("Conditions")}</h3>
      <ul className="fl-plain">
        {rules.map((rule) => (
          <li key={rule.path}>
            <Tag tone={rule.matched ? "ok" : "idle"}>{rule.matched ? say("true") : say("false")}</Tag>{" "}
            <code>{rule.field}</code> {labelOf(rule)}
            {rule.expected !== undefined && takesValue(rule) && (
              <>
                {" "}
                <Shown value={rule.expected} names={names} />
              </>
            )}
            <div className="muted">
              {rule.actual === undefined
                ? say("The event has no such field")
                : <Say text="The event has {value}" values={{ value: <Shown value={rule.actual} names={names} /> }} />}
              {rule.warning && <span className="fault">{rule.warning}</span>}
              {rule.reason && !rule.reason.startsWith(`${rule.operator} `) && `: ${rule.reason}`}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

const READ = {
  made: { tone: "ok", label: say("read made") },
  assumed: { tone: "idle", label: say("assumed") },
  failed: { tone: "bad", label: say("read failed") },
} as const;

function ActionResult({ action, names }: { action: DryRunAction; names: ReadonlyMap<string, Entity> }) {
  const { draft, words } = useEditor();
  const format = useFormat();
  const { id, index, step, request, problem, waitsFor, wouldRun, sampleFrom, change, read } = action;
  const row = outline(draft).find((one) => idOf(one.step) === id);
  const needs = [...new Set(waitsFor.map((wait) => wait.needs))];
  return (
    <div className="fl-result">
      <div className="row">
        <h3 className="grow">
          {say("Step {number}", { number: row?.number ?? index + 1 })}
          {row && isControl(row.step) && `: ${sentenceOf(row.step, words)}`}
          {step?.items.map((item) => say(", item {number}", { number: item + 1 }))}
        </h3>
        {read && <Tag tone={READ[read.state].tone}>{READ[read.state].label}</Tag>}
        <Tag tone={problem ? "bad" : wouldRun ? "ok" : "idle"}>
          {problem
            ? say("would fail")
            : wouldRun
            ? say("would run")
            : step?.depends_on
            ? say("depends")
            : say("would not run")}
        </Tag>
      </div>
      {step?.says && (
        <p>
          <bdi>{saidWords(step.says, { nameOf: (id) => names.get(id)?.name, time: format.dateTime })}</bdi>
        </p>
      )}
      {problem && <p className="fault">{problem}</p>}
      {read?.problem && <p className="fault">{read.problem}</p>}
      {change && <ChangeView change={change} names={names} />}
      {request && (
        <>
          <p className="mono">
            <b>{request.method}</b> <bdi>{request.url}</bdi>
          </p>
          <Part title={say("Query")} value={request.query} names={names} />
          <Part title={say("Headers")} value={request.headers} names={names} folded />
          <Part title={say("Body")} value={request.body} names={names} folded={change !== null} />
        </>
      )}
      {needs.length > 0 && (
        <ul className="fl-plain muted">
          {waitsFor.map(({ at, expression, needs }) => (
            <li key={at + expression}>
              <Say
                text="{place}: known after {step} has run"
                values={{
                  place: <code>{at.slice(rowAt(draft, at)?.place.length ?? 0).replace(/^\./, "")}</code>,
                  step: stepOfResult(needs, draft),
                }}
              />
            </li>
          ))}
        </ul>
      )}
      {sampleFrom && <p className="muted">{say("Results of earlier steps come from the newest run of the flow.")}</p>}
    </div>
  );
}

function Part(
  { title, value, names, folded = false }: {
    title: string;
    value: unknown;
    names: ReadonlyMap<string, Entity>;
    folded?: boolean;
  },
) {
  if (value === undefined || value === null || typeof value === "object" && Object.keys(value).length === 0) {
    return null;
  }
  const text = JSON.stringify(value, null, 2);
  const named = [...new Set(text.match(/\b[0-9a-f]{24}\b/g) ?? [])].flatMap((id) => names.get(id) ?? []);
  return (
    <details className="fl-more" open={!folded}>
      <summary>{title}</summary>
      <pre className="fl-pre mono" tabIndex={0} aria-label={title}><bdi>{text}</bdi></pre>
      {named.length > 0 && (
        <ul className="fl-plain muted">
          {named.map(({ id, type, name }) => (
            <li key={id}>
              <Say
                text="{id} is the {type} {name}"
                values={{ id: <code>…{id.slice(-6)}</code>, type: entityWords(type), name: <bdi>{name}</bdi> }}
              />
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function Shown({ value, names }: { value: unknown; names: ReadonlyMap<string, Entity> }) {
  const known = typeof value === "string" ? names.get(value) : undefined;
  return known ? <bdi>{known.name}</bdi> : <bdi className="mono">{shown(value, 120)}</bdi>;
}
