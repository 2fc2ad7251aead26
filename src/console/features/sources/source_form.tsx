/** What a new source needs: a name, its sender, the fields of its scheme, and who makes the secret. */

import { type FormEvent, useState } from "react";
import type { Fault } from "../../shell/client.ts";
import { FormField, otherFaults } from "../../ui/form_field.tsx";
import { say } from "../../words/say.ts";
import {
  chosen,
  draftOf,
  kindsOf,
  newSourceOf,
  type SchemeField,
  type SecretWay,
  type Senders,
  slugOf,
  type SourceDraft,
  waysOf,
} from "./source_draft.ts";
import type { NewSource } from "./api.ts";

const FIRST = "github";

export const WAYS: Record<SecretWay, string> = {
  made: say("Create a secret here, to be entered at the sender"),
  given: say("The sender gave me a secret"),
  later: say("The sender will give it once it has the address"),
};

export function SourceForm(
  { senders, faults, busy, onSubmit }: {
    senders: Senders;
    faults: Fault[];
    busy: boolean;
    onSubmit(source: NewSource): void;
  },
) {
  const [draft, setDraft] = useState<SourceDraft>(() => draftOf(senders, FIRST, ""));
  const { sender, form } = chosen(senders, draft.kind);
  const ways = waysOf(senders, draft.kind);
  const change = (part: Partial<SourceDraft>) => setDraft({ ...draft, ...part });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(newSourceOf(senders, draft));
  };
  const fields = form.fields.map((field) => (
    <OptionField
      key={field.name}
      field={field}
      value={draft.values[field.name] ?? ""}
      faults={faults}
      onChange={(value) => change({ values: { ...draft.values, [field.name]: value } })}
    />
  ));
  const places = ["name", "secret", ...form.fields.map(({ name }) => `options.${name}`)];
  // What each source gives itself is not hidden among what its sender fixes.
  const isOpen = sender === undefined || sender.own_text !== null ||
    faults.some(({ path }) => path.startsWith("options"));
  return (
    <form className="stack" onSubmit={submit}>
      <FormField
        label={say("Name")}
        place="name"
        faults={faults}
        hint={say("Its events are custom:{name}", { name: slugOf(draft.name) || "name" })}
      >
        {(props) => (
          <input
            {...props}
            required
            maxLength={50}
            value={draft.name}
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </FormField>
      <label className="field">
        <span>{say("Sender")}</span>
        <select
          value={draft.kind}
          onChange={(event) => setDraft(draftOf(senders, event.target.value, draft.name))}
        >
          {kindsOf(senders).map(({ key, label }) => <option key={key} value={key}>{label}</option>)}
        </select>
      </label>
      {sender?.note && <p className="muted">{sender.note}</p>}
      {ways.length > 0 && (
        <label className="field">
          <span>{sender?.secret_name ?? say("Secret")}</span>
          <select value={draft.secretWay} onChange={(event) => change({ secretWay: event.target.value as SecretWay })}>
            {ways.map((way) => <option key={way} value={way}>{WAYS[way]}</option>)}
          </select>
        </label>
      )}
      {ways.length > 0 && draft.secretWay === "given" && (
        <FormField label={form.secret_label} place="secret" faults={faults}>
          {(props) => (
            <textarea
              {...props}
              required
              rows={form.secret === "given" ? 4 : 1}
              autoComplete="off"
              spellCheck={false}
              value={draft.secret}
              onChange={(event) => change({ secret: event.target.value })}
            />
          )}
        </FormField>
      )}
      <details open={isOpen}>
        <summary>{say("{name}: options", { name: form.label })}</summary>
        <div className="stack">{fields}</div>
      </details>
      {otherFaults(faults, draft.secretWay === "given" ? places : places.filter((place) => place !== "secret"))
        .map(({ path, message }) => <p key={path} className="fault" role="alert">{path} {message}</p>)}
      <div>
        <button type="submit" className="btn main" disabled={busy}>{say("Create source")}</button>
      </div>
    </form>
  );
}

function OptionField(
  { field: { name, label, kind, choices = [], required, default: fallback }, value, faults, onChange }: {
    field: SchemeField;
    value: string;
    faults: Fault[];
    onChange(value: string): void;
  },
) {
  const offered = kind === "boolean" ? ["true"] : choices;
  return (
    <FormField label={label} place={`options.${name}`} faults={faults}>
      {(props) =>
        kind === "choice" || kind === "boolean"
          ? (
            <select {...props} value={value} onChange={(event) => onChange(event.target.value)}>
              <option value="">{kind === "boolean" ? say("No") : fallback ?? say("None")}</option>
              {offered.filter((one) => one !== fallback || one === value).map((one) => (
                <option key={one} value={one}>
                  {kind === "boolean" ? say("Yes") : one === " " ? say("blank") : one}
                </option>
              ))}
            </select>
          )
          : (
            <input
              {...props}
              required={required}
              inputMode={kind === "number" ? "numeric" : undefined}
              placeholder={fallback}
              value={value}
              onChange={(event) => onChange(event.target.value)}
            />
          )}
    </FormField>
  );
}
