/** The call that is being written: as a form, as JSON, or as a command; and the buttons that send it. */

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { CopyButton } from "../../ui/copy_button.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { isUnparsed } from "../../ui/unparsed_json.ts";
import { type EndpointDetail, type Field, getSnippets } from "./api.ts";
import { callOf, isFields, withBodyField, withField } from "./call.ts";
import { CallMore } from "./call_more.tsx";
import { FieldInput, JsonInput } from "./field.tsx";
import { FlowStepButton } from "./flow_step_button.tsx";
import { SaveButton } from "./save_button.tsx";
import type { Explorer } from "./use_explorer.ts";
import { gradeWord, KIND_TONES, KIND_WORDS, kindOf, refusalOf, sendLabel } from "./words.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export function CallForm({ explorer }: { explorer: Explorer }) {
  const { detail, operation, name } = explorer;
  if (name === null) {
    return (
      <Empty title={say("Choose an operation")}>
        <Say
          text="Search by what you want to do, as in <q>add tag to time entry</q>. Reads are sent at once; changes are shown before they are sent."
          tags={{ q: (inner) => <q>{inner}</q> }}
        />
      </Empty>
    );
  }
  if (detail.error) {
    return <Failure error={detail.error} what={say("the operation")} onRetry={() => void detail.refetch()} />;
  }
  if (!operation) return <Skeleton lines={8} label={say("Loading the operation")} />;
  return <OperationForm key={operation.key} explorer={explorer} operation={operation} />;
}

function OperationForm({ explorer, operation }: { explorer: Explorer; operation: EndpointDetail }) {
  const { call, outcome, changes, held, blocked, faults } = explorer;
  const [tab, setTab] = useState("form");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const kind = kindOf(operation);
  const refusal = refusalOf(operation);
  const label = sendLabel(operation, {
    outcome,
    changes: held.kind === "read" && isFields(call.body) ? changes.length : undefined,
  });
  return (
    <div className="stack ex-call">
      <div>
        <div className="row">
          <h2 className="said grow" ref={heading} tabIndex={-1}>{operation.summary}</h2>
          <Tag tone={KIND_TONES[kind]}>{KIND_WORDS[kind]}</Tag>
          {operation.deprecated && <Tag tone="idle">{say("deprecated")}</Tag>}
        </div>
        <code className="muted">{operation.method} {operation.path.replace("{workspaceId}", "{ws}")}</code>
        <p className="muted ex-needs">{needsOf(operation)}</p>
      </div>
      {refusal !== null && <p className="alert" role="note">{refusal}.</p>}
      {operation.loses !== null && (
        <p className="alert" role="note">{say("What it leaves out is lost: {what}.", { what: operation.loses })}</p>
      )}
      {faults.length > 0 && (
        <ul className="alert bad ex-faults" role="alert">
          {faults.map(({ path, message }) => (
            <li key={path + message}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <Tabs
        label={say("How the call is written")}
        chosen={tab}
        onChoose={setTab}
        items={[
          { key: "form", label: say("Form"), content: <FormFields explorer={explorer} operation={operation} /> },
          { key: "json", label: "JSON", content: <AsJson explorer={explorer} /> },
          { key: "curl", label: "curl", content: <Snippets explorer={explorer} /> },
        ]}
      />
      <CallMore explorer={explorer} operation={operation} />
      <div className="row">
        <FlowStepButton explorer={explorer} />
        <SaveButton explorer={explorer} />
      </div>
      <div className="row ex-send">
        <span className="grow muted">{blocked !== null && `${blocked}.`}</span>
        {operation.paged && kind === "read" && (
          <GuardedButton
            blocked={blocked ??
              (outcome === "allow" ? null : say("This workspace has each such call confirmed: read page by page"))}
            onClick={() => void explorer.readAll()}
          >
            {say("Read all pages")}
          </GuardedButton>
        )}
        <GuardedButton
          className={kind === "delete" ? "btn danger" : "btn main"}
          blocked={blocked}
          onClick={() => void explorer.send()}
          aria-keyshortcuts="Control+Enter"
        >
          {label}
        </GuardedButton>
      </div>
    </div>
  );
}

function needsOf({ scope, plan, plan_about, grade, grade_reason }: EndpointDetail): string {
  return [
    say("Grade {grade}: {why}", {
      grade: gradeWord(grade),
      why: grade_reason.slice(0, 1).toLowerCase() + grade_reason.slice(1),
    }),
    scope && say("scope {scope}", { scope }),
    planWords({ plan, plan_about }),
  ].filter(Boolean)
    .join(" · ");
}

/** Of a plan that no document names, that: a refusal of Clockify may be for the plan all the same. */
function planWords({ plan, plan_about }: Pick<EndpointDetail, "plan" | "plan_about">): string {
  if (plan === "FREE") return say("every plan");
  return plan === "unknown" ? plan_about.split(";")[0]! : say("plan {plan} or higher", { plan: plan.toLowerCase() });
}

function FormFields({ explorer, operation }: { explorer: Explorer; operation: EndpointDetail }) {
  const { call, setCall, held, changes, faults } = explorer;
  const { entity_params: entities, body_kind } = operation;
  const faultAt = (place: string) =>
    faults.find(({ path }) => path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`))?.message;
  const heldFields = held.kind === "read" && !call.replace ? held.fields : undefined;
  const path = operation.path_params.filter(({ injected }) => !injected);
  const body = isFields(call.body) && !isUnparsed(call.body) ? call.body : {};
  const isForm = body_kind === "object" && (call.body === undefined || isFields(call.body)) && !isUnparsed(call.body);
  const field = (param: Field, place: "path_params" | "query_params" | "body"): ReactNode => {
    const { name } = param;
    const values = place === "path_params" ? call.pathParams : place === "query_params" ? call.queryParams : body;
    const isBody = place === "body";
    const set = (value: unknown) => {
      if (place === "path_params") setCall({ ...call, pathParams: withField(call.pathParams, name, value) });
      else if (place === "query_params") setCall({ ...call, queryParams: withField(call.queryParams, name, value) });
      else setCall({ ...call, body: withBodyField(call.body, { name, value, held: heldFields }) });
    };
    return (
      <FieldInput
        key={`${place}.${name}`}
        // What is read from Clockify need not be named.
        field={isBody && held.kind !== "none" && !call.replace ? { ...param, required: false } : param}
        entity={Object.hasOwn(entities, name) ? entities[name] : undefined}
        value={isBody && !Object.hasOwn(values, name) ? heldFields?.[name] : values[name]}
        onValue={set}
        isChanged={isBody && heldFields !== undefined && changes.includes(name)}
        fault={faultAt(`${place}.${name}`)}
      />
    );
  };
  // What is needed first, what is written as JSON last.
  const rank = ({ name, required, type, item_enum: choices }: Field) =>
    required ? 0 : /^(array|object)$/.test(type) && !choices && !Object.hasOwn(entities, name) ? 2 : 1;
  const first = (params: readonly Field[]) => params.toSorted((a, b) => rank(a) - rank(b));
  return (
    <div className="ex-fields">
      {path.map((param) => field({ ...param, required: true }, "path_params"))}
      {held.kind === "reading" && <Skeleton lines={2} label={say("Reading what Clockify holds now")} />}
      {held.kind === "unread" && (
        <p className="alert" role="status">{say("Cannot read what is there now: {why}.", { why: held.why })}</p>
      )}
      {held.kind === "read" && (
        <p className="muted" role="status">{say("Filled with what Clockify holds now; change what you want.")}</p>
      )}
      {first(operation.query_params).map((param) => field(param, "query_params"))}
      {isForm && first(operation.body_fields).map((param) => field(param, "body"))}
      {body_kind !== "none" && !isForm && (
        <JsonInput
          label={say("Body as JSON")}
          rows={8}
          value={call.body}
          onValue={(body) => setCall({ ...call, body })}
        />
      )}
      {path.length === 0 && operation.query_params.length === 0 && body_kind === "none" && (
        <p className="muted">{say("It needs nothing.")}</p>
      )}
    </div>
  );
}

function AsJson({ explorer }: { explorer: Explorer }) {
  const { call, setCall, request } = explorer;
  const [isWrong, setWrong] = useState(false);
  const { operation_id: _own, replace: _replace, as: _as, ...shown } = request!;
  return (
    <div className="stack">
      <JsonInput
        label={say("path_params, query_params and body")}
        rows={10}
        value={shown}
        onValue={(value) => {
          const isRight = isFields(value) && !isUnparsed(value);
          setWrong(!isRight && value !== undefined && !isUnparsed(value));
          if (isRight) setCall({ ...callOf(value), replace: call.replace, as: call.as });
        }}
      />
      {isWrong && <p className="fault">{say("It must be an object with path_params, query_params and body")}</p>}
      <SampleButton explorer={explorer} />
    </div>
  );
}

/** Of a body that is not begun yet. */
function SampleButton({ explorer: { call, setCall, operation } }: { explorer: Explorer }) {
  const sample = operation!.body_sample;
  if (operation!.body_kind === "none" || call.body !== undefined || sample === null) return null;
  return (
    <div>
      <button type="button" className="btn small" onClick={() => setCall({ ...call, body: sample })}>
        {say("Fill in a sample body")}
      </button>
    </div>
  );
}

function Snippets({ explorer }: { explorer: Explorer }) {
  const { api } = useSignedIn();
  const { request, held, call } = explorer;
  const { data, error } = useQuery({
    queryKey: ["explorer", "snippet", request],
    queryFn: () => getSnippets(api, request!),
    retry: false,
    staleTime: 60_000,
  });
  if (error) return <p className="alert" role="status">{error.message}.</p>;
  if (!data) return <Skeleton lines={4} label={say("Writing the command")} />;
  return (
    <div className="stack">
      {held.kind === "read" && !call.replace && (
        <p className="alert">
          {say("Sent from elsewhere, this body replaces the whole object: only the Explorer fills in the rest.")}
        </p>
      )}
      {(["curl", "fetch"] as const).map((kind) => (
        <div key={kind} className="stack ex-snippet">
          <div className="row">
            <h3 className="grow">{kind}</h3>
            <CopyButton text={data[kind]} label={say("Copy {what}", { what: kind })} />
          </div>
          <pre
            className="mono"
            tabIndex={0}
            role="region"
            aria-label={say("The call as {what}", { what: kind })}
          >{data[kind]}</pre>
        </div>
      ))}
      <p className="muted">{say("Put your own token in the place of the placeholder. Timewire shows none.")}</p>
    </div>
  );
}
