/** Exactly what an approval would let pass: the request, the new steps of a flow, or the change of the guard. */

import type { ReactNode } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { Tag } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { nounWord } from "../entities/kinds.ts";
import type { Grade, WholeGuardRequest } from "./guard_api.ts";
import { GRADE_TONES, GRADE_WORDS, ruleText } from "./guard_words.ts";
import { type Names, useNames } from "./people.ts";
import { queryFields, requestLine, type ShownCall, type ShownFlow, shownOf, type ShownPolicy } from "./shown.ts";

export function ApprovalShown({ request }: { request: WholeGuardRequest }) {
  const names = useNames(request.shown);
  const shown = shownOf(request);
  return (
    <section className="stack" aria-label={say("What would be sent")}>
      {shown === undefined
        ? <Json value={request.shown} label={say("What would be sent")} />
        : shown.kind === "call"
        ? <Call shown={shown} />
        : shown.kind === "flow"
        ? <Flow shown={shown} />
        : <Policy shown={shown} />}
      <NamedIds names={names} />
    </section>
  );
}

function Call({ shown }: { shown: ShownCall }) {
  const query = queryFields(shown);
  return (
    <>
      <Block label={say("Request")} text={requestLine(shown)} />
      {query !== undefined && <Json label={say("Query")} value={query} />}
      {shown.body === null
        ? <p className="muted">{say("It has no body.")}</p>
        : <Json label={say("Body")} value={shown.body} />}
      <p className="muted">
        {shown.as === "viewer"
          ? say("{operation}, with the rights of who asks.", { operation: shown.operationId })
          : say("{operation}, with the rights of the add-on.", { operation: shown.operationId })}
      </p>
    </>
  );
}

function Flow({ shown: { flowId, steps, definition } }: { shown: ShownFlow }) {
  return (
    <>
      <p>
        {flowId === null ? say("A new flow does this by itself once it is published:") : (
          <Say
            text="<a>Flow {id}</a> does this by itself once it is published:"
            values={{ id: flowId }}
            tags={{ a: (inner) => <Link href={`/flows/${flowId}`}>{inner}</Link> }}
          />
        )}
      </p>
      <ul className="stack approval-steps">
        {steps.map(({ path, id, operation, grade, reason, action }) => (
          <li key={path} className="stack">
            <span className="row">
              <Tag tone={GRADE_TONES[grade as Grade] ?? "idle"}>{GRADE_WORDS[grade as Grade] ?? grade}</Tag>
              <b>
                <bdi>{id}</bdi>
              </b>
              <span>
                {reason}: <code>{operation}</code>
              </span>
            </span>
            {action !== undefined && <Json label={say("Step {id}", { id })} value={action} />}
          </li>
        ))}
      </ul>
      <details>
        <summary>{say("The whole flow")}</summary>
        <Json label={say("The whole flow")} value={definition} />
      </details>
    </>
  );
}

function Policy({ shown: { rules, version } }: { shown: ShownPolicy }) {
  return (
    <>
      <ul className="guard-changes">
        {rules.map((rule) => <li key={`${rule.way} ${rule.grade}`}>{ruleText(rule)}</li>)}
      </ul>
      <p className="muted">{say("Applies to version {version} of the guard alone.", { version })}</p>
    </>
  );
}

function Json({ value, label }: { value: unknown; label: string }) {
  return <Block label={label} text={typeof value === "string" ? value : JSON.stringify(value, null, 2)} />;
}

/** Characters that would not be seen are written out: what is approved is what is read. */
function Block({ text, label }: { text: string; label: string }): ReactNode {
  return (
    <div>
      <h3 className="approval-label">{label}</h3>
      <pre className="mono approval-block" tabIndex={0} role="region" aria-label={label}>{visibleText(text)}</pre>
    </div>
  );
}

function NamedIds({ names }: { names: Names }) {
  const { session } = useSignedIn();
  const others = [...names].filter(([id]) => id !== session.workspace.id);
  if (others.length === 0) return null;
  return (
    <dl className="approval-names">
      {others.map(([id, { name, type, archived, deleted }]) => (
        <div key={id}>
          <dt className="mono">{id}</dt>
          <dd>
            {nounWord(type)} <bdi>{name}</bdi>
            {deleted ? say(", deleted") : archived ? say(", archived") : ""}
          </dd>
        </div>
      ))}
    </dl>
  );
}
