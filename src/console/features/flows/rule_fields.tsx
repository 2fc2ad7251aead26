/** A rule: field, operator and value, and its result on the sample event. */

import { useId, useState } from "react";
import { Combobox } from "../../ui/combobox.tsx";
import { matching, shown } from "./draft/completion.ts";
import type { RuleNode } from "./draft/conditions.ts";
import { setRule } from "./draft/draft_conditions.ts";
import { entityWords } from "./draft/entity_words.ts";
import { at } from "./draft/paths.ts";
import { fieldOfRule, isOrder, operatorsFor, startOfRule, TYPED } from "./draft/rule_type.ts";
import { asKind, isExpression, kindAfter, kindOfValue, textOf, type ValueKind, valueOf } from "./draft/value_kinds.ts";
import { Tag } from "../../ui/tag.tsx";
import { FaultText, useEditor, useFaults, verdictAt } from "./editor_context.tsx";
import { JsonField } from "./json_field.tsx";
import { TypedValue, WeekdaysValue } from "./typed_value.tsx";
import { say, sayLabel } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

interface RuleProps {
  node: RuleNode;
  path: string;
}

const KINDS: [string, string][] = [
  ["text", say("Text")],
  ["number", say("Number")],
  ["flag", say("True or false")],
  ["nothing", say("Null")],
  ["json", "JSON"],
];

export function RuleFields({ node, path }: RuleProps) {
  const { draft, change, vocabulary, eventPaths, readOnly, dryRun, names } = useEditor();
  const { rule, key } = node;
  const field = useFaults(at(path, "field"));
  const operator = useFaults(at(path, "operator"));
  const name = operatorName(rule);
  const { triggers } = draft;
  const { valueType } = fieldOfRule(rule.field, { triggers, vocabulary }) ?? {};
  const listed = operatorsFor(valueType, { ...vocabulary, used: name });
  const takes = vocabulary.operators.find((one) => one.name === name)?.value ?? "one";
  const set = (part: Record<string, unknown>, typing?: string) => change(setRule(draft, key, part), typing);
  const chooseOperator = (next: string) => {
    const wants = vocabulary.operators.find((one) => one.name === next)?.value ?? "one";
    set({ operator: next, ...(wants === takes && wants !== "none" ? {} : { value: firstValue(wants, rule.value) }) });
  };
  const verdict = verdictAt(dryRun, { path, rule });
  const known = typeof rule.value === "string" ? names.get(rule.value) : undefined;
  const actual = typeof verdict?.actual === "string" ? names.get(verdict.actual) : undefined;
  return (
    <>
      <div className="fl-rule">
        <div className="fl-field">
          <Combobox
            label={say("Field")}
            text={textOf(rule.field)}
            onText={(text) => set({ field: text }, at(path, "field"))}
            items={matching(eventPaths, textOf(rule.field)).map(({ text, detail }) => ({
              key: text,
              label: text,
              detail,
            }))}
            onPick={({ label }) => {
              const type = fieldOfRule(label, { triggers, vocabulary })?.valueType;
              set({ field: label, ...startOfRule(rule, type, vocabulary) });
            }}
            placeholder="$.webhook.…"
            readOnly={readOnly !== null}
            invalid={field.invalid}
            describedBy={field.id}
            place={at(path, "field")}
            isCode
          />
          <FaultText faults={field.faults} id={field.id} />
        </div>
        <div className="fl-field">
          <label className="field">
            <span>{say("Operator")}</span>
            <select
              value={name}
              disabled={readOnly !== null}
              onChange={({ target }) => chooseOperator(target.value)}
              aria-invalid={operator.invalid || undefined}
              aria-describedby={operator.id}
              data-at={at(path, "operator")}
            >
              {listed.map((one) => <option key={one.name} value={one.name}>{sayLabel(one.label)}</option>)}
              {!listed.some((one) => one.name === name) && <option value={name}>{name}</option>}
            </select>
          </label>
          <FaultText faults={operator.faults} id={operator.id} />
        </div>
        <RuleValue node={node} path={path} takes={takes} read={verdict?.read} />
      </div>
      <p className="fl-verdict" aria-live="polite">
        {verdict && (
          <Tag tone={verdict.matched ? "ok" : "idle"}>
            {verdict.matched ? say("true for the sample") : say("false for the sample")}
          </Tag>
        )}
        {verdict && (
          <span className="muted">
            {verdict.actual === undefined ? say("the event has no such field") : (
              <Say
                text="the event has {value}"
                values={{
                  value: <bdi className={actual ? undefined : "mono"}>{actual?.name ?? shown(verdict.actual, 80)}</bdi>,
                }}
              />
            )}
            {name === "not_exists" && verdict.actual === "" &&
              say(', an empty text, which is not missing: use "is" with an empty value')}
            {verdict.read !== undefined && verdict.reason !== null && `: ${verdict.reason}`}
          </span>
        )}
        {verdict?.warning && <span className="fault">{verdict.warning}</span>}
        {isExpression(rule.value) && verdict?.read !== undefined && (
          <span className="muted">
            <Say
              text="looked up: {value}"
              values={{ value: <bdi className="mono">{shown(verdict.read, 80)}</bdi> }}
            />
          </span>
        )}
        {known && (
          <span className="muted">
            <Say
              text="compared with {type} {name}"
              values={{ type: entityWords(known.type), name: <bdi>{known.name}</bdi> }}
            />
          </span>
        )}
      </p>
      {takes !== "none" && takes !== "weekdays" && (
        <Extras node={node} isText={!valueType || !TYPED.includes(valueType)} />
      )}
    </>
  );
}

function RuleValue({ node, path, takes, read }: RuleProps & { takes: string; read: string | undefined }) {
  const { draft, change, vocabulary, readOnly } = useEditor();
  const { rule, key } = node;
  const place = at(path, "value");
  const { faults, invalid, id } = useFaults(place);
  const input = useId();
  const [before, setBefore] = useState(() => kindOfValue(rule.value));
  if (takes === "none") {
    return rule.value === undefined ? <span /> : <FaultText faults={faults} id={id} />;
  }
  const set = (value: unknown, typing?: string) => change(setRule(draft, key, { value }), typing);
  const kind = rule.value === null ? "nothing" : kindAfter(before, rule.value);
  const known = fieldOfRule(rule.field, { triggers: draft.triggers, vocabulary });
  const type = known?.valueType;
  if (takes === "weekdays") return <WeekdaysValue value={rule.value} place={place} onValue={set} />;
  if (takes === "one" && type && TYPED.includes(type) && isScalar(rule.value)) {
    return <TypedValue type={type} value={rule.value} read={read} place={place} choices={known.values} onValue={set} />;
  }
  // With "is greater than" digits are read as a number: two texts would compare as texts.
  const reads = kind === "text" && isOrder({ name: operatorName(rule) }) ? "number" : kind as ValueKind;
  const choose = (next: string) => {
    if (next === "nothing") return set(null);
    setBefore(next as ValueKind);
    set(asKind(rule.value ?? "", next as ValueKind));
  };
  if (takes === "list" && (rule.value === undefined || isTexts(rule.value))) {
    return (
      <div className="fl-field">
        <label className="field" htmlFor={input}>
          <span>{say("Values, one per line")}</span>
        </label>
        <textarea
          id={input}
          rows={3}
          value={((rule.value ?? []) as string[]).join("\n")}
          onChange={({ target }) => set(target.value === "" ? [] : target.value.split("\n"), place)}
          readOnly={readOnly !== null}
          aria-invalid={invalid || undefined}
          aria-describedby={id}
          data-at={place}
        />
        <FaultText faults={faults} id={id} />
      </div>
    );
  }
  if (kind === "json" || takes === "list") {
    return (
      <JsonField
        label={say("Value as JSON")}
        place={place}
        value={rule.value}
        onValue={(value) => set(value ?? "", place)}
      />
    );
  }
  return (
    <div className="fl-field">
      <label className="field" htmlFor={input}>
        <span>{takes === "pattern" ? say("Pattern (RE2)") : say("Value")}</span>
      </label>
      <div className="row fl-value">
        {kind === "flag"
          ? (
            <select
              id={input}
              value={String(rule.value)}
              disabled={readOnly !== null}
              onChange={({ target }) => set(target.value === "true")}
              data-at={place}
            >
              <option value="true">{say("true")}</option>
              <option value="false">{say("false")}</option>
            </select>
          )
          : (
            <input
              id={input}
              className="grow"
              value={rule.value === null ? "null" : textOf(rule.value)}
              onChange={({ target }) => set(valueOf(target.value, reads) ?? "", place)}
              readOnly={readOnly !== null || rule.value === null}
              aria-invalid={invalid || undefined}
              aria-describedby={id}
              data-at={place}
            />
          )}
        {takes === "one" && (
          <select
            aria-label={say("Type of the value")}
            value={kind}
            disabled={readOnly !== null}
            onChange={({ target }) => choose(target.value)}
          >
            {KINDS.map(([one, words]) => <option key={one} value={one}>{words}</option>)}
          </select>
        )}
      </div>
      <FaultText faults={faults} id={id} />
    </div>
  );
}

/** Of lists: any or every element; of texts: whether to ignore case. */
function Extras({ node: { key, rule }, isText }: { node: RuleNode; isText: boolean }) {
  const { draft, change, readOnly } = useEditor();
  const isList = /\[\*\]|\.\*|\.\./.test(textOf(rule.field)) || typeof rule.quantifier === "string";
  return (
    <div className="row fl-extras">
      {(isText || rule.case_insensitive === true) && (
        <label className="fl-check">
          <input
            type="checkbox"
            checked={rule.case_insensitive === true}
            disabled={readOnly !== null}
            onChange={({ target }) => change(setRule(draft, key, { case_insensitive: target.checked || undefined }))}
          />
          <span>{say("Ignore case")}</span>
        </label>
      )}
      {isList && (
        <select
          aria-label={say("Which elements of the list")}
          value={typeof rule.quantifier === "string" ? rule.quantifier : ""}
          disabled={readOnly !== null}
          onChange={({ target }) => change(setRule(draft, key, { quantifier: target.value || undefined }))}
        >
          <option value="">{say("the whole list")}</option>
          <option value="any">{say("any element")}</option>
          <option value="every">{say("every element")}</option>
        </select>
      )}
    </div>
  );
}

function firstValue(takes: string, before: unknown): unknown {
  if (takes === "none") return undefined;
  if (takes === "weekdays") return [];
  if (takes === "list") {
    return before === undefined || before === "" ? [] : Array.isArray(before) ? before : [textOf(before)];
  }
  return Array.isArray(before) ? textOf(before[0] ?? "") : before ?? "";
}

/** The operator as the list names it; `exists` with the value false asks for what is missing. */
export function operatorName({ operator, value }: Record<string, unknown>): string {
  const name = String(operator ?? "").trim().toLowerCase().replaceAll(/[ -]/g, "_");
  if (value !== false) return name;
  return name === "exists" ? "not_exists" : name === "not_exists" ? "exists" : name;
}

/** What a field of one line can hold; null is chosen as such. */
function isScalar(value: unknown): boolean {
  return value === undefined || value !== null && typeof value !== "object";
}

/** Texts that a line each can hold. */
function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && !one.includes("\n"));
}
