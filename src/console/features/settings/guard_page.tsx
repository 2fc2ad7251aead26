/** The guard: what each grade of request to Clockify needs, changed by admins, read by all. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { getPolicy, type GuardPolicy } from "./guard_api.ts";
import { GuardTable } from "./guard_table.tsx";
import {
  changedRules,
  changeOf,
  NO_CHOICES,
  OUTCOME_NAMES,
  outcomeMeaning,
  OUTCOMES,
  ruleText,
} from "./guard_words.ts";
import { personName, useNames } from "./people.ts";
import { usePolicyChange } from "./policy_change.tsx";
import "./guard.css";

export function GuardTab() {
  const { api } = useSignedIn();
  const policy = useQuery({ queryKey: ["guard", "policy"], queryFn: ({ signal }) => getPolicy(api, signal) });
  if (policy.data) return <Guard policy={policy.data} />;
  if (policy.error) {
    return (
      <Failure
        error={policy.error}
        what={say("the guard")}
        onRetry={() => void policy.refetch()}
      />
    );
  }
  return <Skeleton label={say("Loading the guard")} />;
}

function Guard({ policy }: { policy: GuardPolicy }) {
  const { session } = useSignedIn();
  const [choices, setChoices] = useState(NO_CHOICES);
  const { save, isSaving, problem, dialog } = usePolicyChange({ onChanged: () => setChoices(NO_CHOICES) });
  const rules = changedRules(policy, choices);
  const hasFlows = session.features.flows;
  const leaves = rules.some(({ from }) => from === "second_person");
  const failing = rules.some(({ way, to }) => way === "flows" && to === "deny");
  const blocked = !session.can.write
    ? session.can.reason
    : isSaving
    ? say("It is being saved")
    : rules.length === 0
    ? say("Nothing was changed")
    : null;
  return (
    <div className="stack">
      <p className="muted">
        {hasFlows
          ? say(
            "Every request to Clockify that a person sends, and every step of a flow, has one of four grades. What a grade needs is decided here, for this workspace.",
          )
          : say(
            "Every request to Clockify that a person sends has one of four grades. What a grade needs is decided here, for this workspace.",
          )}
      </p>
      {!session.can.write && (
        <p className="alert info" role="note">
          {say("You can read this, and not change it: {reason}.", { reason: session.can.reason ?? "" })}
        </p>
      )}
      <WritesByHand policy={policy} />
      <GuardTable
        policy={policy}
        choices={choices}
        hasFlows={hasFlows}
        readOnly={!session.can.write}
        onChoose={(way, grade, outcome) =>
          setChoices((before) => ({ ...before, [way]: { ...before[way], [grade]: outcome } }))}
      />
      <section className="panel stack" aria-label={say("Changes")}>
        <Author policy={policy} />
        {rules.length > 0 && (
          <ul className="guard-changes">
            {rules.map((rule) => <li key={`${rule.way} ${rule.grade}`}>{ruleText(rule)}</li>)}
          </ul>
        )}
        {leaves && (
          <p className="alert">
            {say(
              "Where a second person was needed, the change itself needs one: another administrator approves it first.",
            )}
          </p>
        )}
        {failing && (
          <p className="alert">
            {say("Steps of this grade fail from then on, in flows that are published too.")}
          </p>
        )}
        {problem && <p className="fault" role="alert">{problem}</p>}
        <div className="row">
          <GuardedButton
            className="btn main"
            blocked={blocked}
            onClick={() => void save({ change: changeOf(rules), version: policy.version })}
          >
            {isSaving ? say("Saving…") : say("Save")}
          </GuardedButton>
          {rules.length > 0 && (
            <button type="button" className="btn" onClick={() => setChoices(NO_CHOICES)}>{say("Discard")}</button>
          )}
        </div>
      </section>
      <section className="panel">
        <h2>{say("What these mean")}</h2>
        <dl className="guard-words">
          {OUTCOMES.map((outcome) => (
            <div key={outcome}>
              <dt>{OUTCOME_NAMES[outcome]}</dt>
              <dd>{outcomeMeaning(outcome, hasFlows)}</dd>
            </div>
          ))}
        </dl>
        <p className="muted">
          <Say
            text="What waits for a second person is listed under <a>Approvals</a>."
            tags={{ a: (inner) => <Link href="/settings/approvals">{inner}</Link> }}
          />
        </p>
      </section>
      {dialog}
    </div>
  );
}

function WritesByHand({ policy: { writes_by_hand: { allowed, reason } } }: { policy: GuardPolicy }) {
  if (allowed) return null;
  return (
    <div className="alert" role="note">
      <Say
        text="<b>People only read here.</b> Writes by hand are refused whatever the table says: {reason}. Flows are not affected."
        values={{ reason }}
      />
    </div>
  );
}

function Author({ policy: { version, updated_by, updated_at } }: { policy: GuardPolicy }) {
  const names = useNames(updated_by);
  if (updated_by === null || updated_at === null) {
    return <p className="muted">{say("Nothing was changed so far: these are the defaults.")}</p>;
  }
  return (
    <p className="muted">
      <Say
        text="Version {version}, by {who} {ago}."
        values={{
          version,
          who: <bdi title={updated_by}>{personName(updated_by, names)}</bdi>,
          ago: <When at={new Date(updated_at)} as="ago" />,
        }}
      />
    </p>
  );
}
