/** How many runs at once, how often and in which order: a form for each, with a sentence of what it does. */

import type { ReactNode } from "react";
import { say } from "../../words/say.ts";
import type { FlowRest } from "./draft/json.ts";
import { gatesSummary } from "./draft/gate_words.ts";
import { concurrencySentence, debounceSentence, throttleSentence } from "./gate_sentences.ts";
import { useEditor } from "./editor_context.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { Fold } from "./fold.tsx";
import { NumberField } from "./http_fields.tsx";
import { Check, SelectField, SpanField } from "./small_fields.tsx";

type Concurrency = NonNullable<FlowRest["concurrency"]>;
type Debounce = NonNullable<FlowRest["debounce"]>;
type Throttle = NonNullable<FlowRest["throttle"]>;

export const GATE_PLACES = ["concurrency", "debounce", "throttle", "order_key", "ordered"];

const FULL: readonly (readonly [Concurrency["when_full"], string])[] = [
  ["queue", say("Wait in line")],
  ["skip", say("Are not started")],
  ["cancel_oldest", say("Cancel the oldest run")],
];
const OVER: readonly (readonly [Throttle["when_over"], string])[] = [
  ["skip", say("Are not started")],
  ["queue", say("Begin as soon as they may")],
];

export function GateFields() {
  const { draft, change } = useEditor();
  const { rest, ordered } = draft;
  const { concurrency, debounce, throttle, order_key } = rest;
  const set = (part: Partial<FlowRest>, typing?: string, own: { ordered?: boolean } = {}) => {
    const kept = Object.entries({ ...rest, ...part }).filter(([, value]) => value !== undefined);
    change({ ...draft, ...own, rest: Object.fromEntries(kept) }, typing);
  };
  const said = [ordered && say("one after another"), gatesSummary(rest)].filter(Boolean).join(", ");
  return (
    <Fold
      summary={said
        ? say("How many runs at once, how often, in which order: {words}", { words: said })
        : say("How many runs at once, how often, in which order")}
      places={GATE_PLACES}
      isStack
    >
      <Gate
        label={say("In order: events of one entry, project or person run one after another")}
        about={say(". Slower")}
        place="ordered"
        isOn={ordered}
        // One of both: a limit of one run with the same key says the same.
        onTurn={(on) =>
          set({ order_key: undefined, ...(on && { concurrency: undefined }) }, undefined, { ordered: on })}
        words={say("A run begins once the one before it of the same thing has ended.")}
      >
        <KeyField
          label={say("In order of; empty: the entry, project or person")}
          place="order_key"
          value={order_key}
          onValue={(key) => set({ order_key: key }, "order_key")}
        />
      </Gate>
      <Gate
        label={say("Limit how many runs are in progress at once")}
        place="concurrency"
        isOn={concurrency !== undefined}
        onTurn={(on) =>
          set(
            { concurrency: on ? { at_once: 1, when_full: "queue" } : undefined, ...(on && { order_key: undefined }) },
            undefined,
            on ? { ordered: false } : {},
          )}
        words={concurrency &&
          say("{words}. A run that waits for its time or for a person is in progress.", {
            words: concurrencySentence(concurrency),
          })}
      >
        {concurrency && (
          <ConcurrencyFields
            value={concurrency}
            onValue={(value, typing) => set({ concurrency: value }, typing)}
          />
        )}
      </Gate>
      <Gate
        label={say("Wait until events stop coming, and run for the last one")}
        place="debounce"
        isOn={debounce !== undefined}
        onTurn={(on) => set({ debounce: on ? { wait: "30 s" } : undefined })}
        words={debounce &&
          say("{words}. What people, programs and schedules start begins at once.", {
            words: debounceSentence(debounce),
          })}
      >
        {debounce && <DebounceFields value={debounce} onValue={(value, typing) => set({ debounce: value }, typing)} />}
      </Gate>
      <Gate
        label={say("Limit how many runs begin within a time")}
        place="throttle"
        isOn={throttle !== undefined}
        onTurn={(on) => set({ throttle: on ? { at_most: 10, per: "1 h", when_over: "skip" } : undefined })}
        words={throttle && `${throttleSentence(throttle)}.`}
      >
        {throttle && <ThrottleFields value={throttle} onValue={(value, typing) => set({ throttle: value }, typing)} />}
      </Gate>
    </Fold>
  );
}

function ConcurrencyFields(
  { value, onValue }: { value: Concurrency; onValue(value: Concurrency, typing?: string): void },
) {
  return (
    <>
      <NumberField
        label={say("Runs at once")}
        place="concurrency.at_once"
        value={value.at_once}
        onValue={(at_once) => onValue({ ...value, at_once: at_once as number }, "concurrency.at_once")}
        placeholder={say("1 to 100")}
      />
      <SelectField
        label={say("The next ones")}
        place="concurrency.when_full"
        value={value.when_full}
        choices={FULL}
        onValue={(when_full) => onValue({ ...value, when_full })}
      />
      <KeyField
        label={say("Counted for each; empty: for the whole flow")}
        place="concurrency.key"
        value={value.key}
        onValue={(key) => onValue(withKey(value, key), "concurrency.key")}
      />
    </>
  );
}

function DebounceFields({ value, onValue }: { value: Debounce; onValue(value: Debounce, typing?: string): void }) {
  return (
    <>
      <SpanField
        label={say("No other event for")}
        place="debounce.wait"
        value={value.wait}
        onValue={(wait) => onValue({ ...value, wait }, "debounce.wait")}
      />
      <SpanField
        label={say("At the latest after; empty: no limit")}
        place="debounce.max_wait"
        value={value.max_wait}
        onValue={(text) => {
          const { max_wait: _, ...kept } = value;
          onValue(text === "" ? kept : { ...kept, max_wait: text }, "debounce.max_wait");
        }}
      />
      <KeyField
        label={say("For each; empty: for the whole flow")}
        place="debounce.key"
        value={value.key}
        onValue={(key) => onValue(withKey(value, key), "debounce.key")}
      />
    </>
  );
}

function ThrottleFields({ value, onValue }: { value: Throttle; onValue(value: Throttle, typing?: string): void }) {
  return (
    <>
      <NumberField
        label={say("Runs at most")}
        place="throttle.at_most"
        value={value.at_most}
        onValue={(at_most) => onValue({ ...value, at_most: at_most as number }, "throttle.at_most")}
        placeholder={say("1 to 1,000")}
      />
      <SpanField
        label={say("Within")}
        place="throttle.per"
        value={value.per}
        onValue={(per) => onValue({ ...value, per }, "throttle.per")}
      />
      <SelectField
        label={say("Those beyond")}
        place="throttle.when_over"
        value={value.when_over}
        choices={OVER}
        onValue={(when_over) => onValue({ ...value, when_over })}
      />
      <KeyField
        label={say("Counted for each; empty: for the whole flow")}
        place="throttle.key"
        value={value.key}
        onValue={(key) => onValue(withKey(value, key), "throttle.key")}
      />
    </>
  );
}

function Gate(
  { label, about, place, isOn, onTurn, words, children }: {
    label: string;
    about?: string;
    place: string;
    isOn: boolean;
    onTurn(on: boolean): void;
    /** What it does as it is set. */
    words: string | undefined;
    children: ReactNode;
  },
) {
  return (
    <div className="fl-gate">
      <Check label={label} about={about} checked={isOn} place={place} onCheck={onTurn} />
      {isOn && (
        <>
          <p className="fl-note muted">{words}</p>
          <div className="fl-fields">{children}</div>
        </>
      )}
    </div>
  );
}

function KeyField(
  { label, place, value, onValue }: {
    label: string;
    place: string;
    value: string | undefined;
    onValue(key: string | undefined): void;
  },
) {
  return (
    <ExpressionField
      label={label}
      place={place}
      value={value}
      kind="text"
      onValue={(text) => onValue(text as string | undefined)}
      placeholder="$.webhook.userId"
    />
  );
}

function withKey<Gate extends { key?: string }>(gate: Gate, key: string | undefined): Gate {
  const { key: _, ...kept } = gate;
  return (key === undefined ? kept : { ...kept, key }) as Gate;
}
