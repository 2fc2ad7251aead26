/** Ready-made flows as sentences with blanks, for a new flow: filled in, one becomes the draft; nothing is saved by it. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Combobox } from "../../ui/combobox.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { entityWords } from "./draft/entity_words.ts";
import type { FlowJson } from "./draft/json.ts";
import { searchEntities } from "./names_api.ts";
import { fillTemplate, type FlowTemplate, listTemplates, type TemplateBlank } from "./templates_api.ts";
import { say } from "../../words/say.ts";

export function TemplateGallery({ onFlow }: { onFlow(flow: FlowJson): void }) {
  const { api } = useSignedIn();
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const { data, error, refetch } = useQuery({
    queryKey: ["flows", "templates"],
    queryFn: ({ signal }) => listTemplates(api, signal),
    enabled: isOpen,
    staleTime: Infinity,
  });
  return (
    <details
      className="panel fl-gallery"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>{say("Start from a ready-made flow")}</summary>
      {isOpen && error && <Failure error={error} what={say("the ready-made flows")} onRetry={() => void refetch()} />}
      {isOpen && !data && !error && <Skeleton lines={4} label={say("Loading the ready-made flows")} />}
      <ul className="fl-templates">
        {data?.map((template) => (
          <li key={template.id}>
            <button
              type="button"
              className="fl-say"
              aria-expanded={chosen === template.id}
              onClick={() => setChosen(chosen === template.id ? undefined : template.id)}
            >
              {sentenceOf(template)}
            </button>
            {chosen === template.id && <TemplateForm template={template} onFlow={onFlow} />}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** With the labels of the blanks in their places. */
function sentenceOf({ sentence, blanks }: FlowTemplate): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const blank = blanks.find((one) => one.name === name);
    return `[${blank?.label.toLowerCase() ?? name}]`;
  });
}

function TemplateForm({ template, onFlow }: { template: FlowTemplate; onFlow(flow: FlowJson): void }) {
  const { api } = useSignedIn();
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(
      template.blanks.flatMap(({ name, default: first }) => first === undefined ? [] : [[name, first]]),
    )
  );
  const fill = useMutation({ mutationFn: () => fillTemplate(api, template.id, values), onSuccess: onFlow });
  const faults = fill.error instanceof ApiError ? fill.error.faults : [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!fill.isPending) fill.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="fl-fields">
        {template.blanks.map((blank) => (
          <div className="fl-field" key={blank.name}>
            <BlankField
              blank={blank}
              value={values[blank.name]}
              onValue={(value) =>
                setValues(({ [blank.name]: _, ...others }) =>
                  value === undefined ? others : { ...others, [blank.name]: value }
                )}
            />
            {faults.filter(({ path }) => path.startsWith(`blanks.${blank.name}`)).map(({ path, message }) => (
              <span className="fault" key={path + message} role="alert">{message}</span>
            ))}
          </div>
        ))}
      </div>
      {fill.error && faults.length === 0 && <p className="fault" role="alert">{fill.error.message}</p>}
      <div>
        <button type="submit" className="btn main" aria-disabled={fill.isPending}>{say("Use this flow")}</button>
      </div>
    </form>
  );
}

function BlankField(
  { blank, value, onValue }: { blank: TemplateBlank; value: unknown; onValue(value: unknown): void },
) {
  const label = blank.required ? say("{label} (required)", { label: blank.label }) : blank.label;
  if (blank.type === "entity") return <EntityBlank blank={blank} label={label} onValue={onValue} />;
  const isList = blank.type === "texts" || blank.type === "choices" || blank.type === "event_types";
  if (isList) {
    const lines = Array.isArray(value) ? value.join("\n") : "";
    const choices = blank.choices?.join(", ");
    return (
      <label className="field">
        <span>
          {choices === undefined
            ? say("{label}, one per line", { label })
            : say("{label}, one per line: {choices}", { label, choices })}
        </span>
        <textarea
          rows={3}
          value={lines}
          onChange={({ target }) => onValue(target.value === "" ? undefined : target.value.split("\n"))}
        />
      </label>
    );
  }
  const type = { secret: "password", url: "url" }[blank.type as string] ?? "text";
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type={type}
        autoComplete="off"
        value={value === undefined ? "" : String(value)}
        placeholder={blank.type === "duration" ? "8 h, 1 h 30 min" : undefined}
        onChange={({ target: { value: text } }) =>
          onValue(
            text === "" ? undefined : blank.type === "number" && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text,
          )}
      />
    </label>
  );
}

function EntityBlank(
  { blank, label, onValue }: { blank: TemplateBlank; label: string; onValue(value: unknown): void },
) {
  const { api } = useSignedIn();
  const [text, setText] = useState(typeof blank.default === "string" ? blank.default : "");
  const type = blank.entity_type ?? "project";
  const wanted = text.trim();
  const { data: found = [] } = useQuery({
    queryKey: ["names", "search", type, wanted],
    queryFn: ({ signal }) => searchEntities(api, { type, text: wanted, signal }),
    enabled: wanted !== "",
  });
  return (
    <Combobox
      label={label}
      text={text}
      onText={(typed) => {
        setText(typed);
        onValue(typed === "" ? undefined : typed);
      }}
      items={found.map((one) => ({ key: one.id, label: one.name, detail: one.id, entity: one }))}
      onPick={({ entity }) => {
        setText(entity.name);
        onValue(entity.id);
      }}
      placeholder={say("Type the name of a {thing}", { thing: entityWords(type) })}
    />
  );
}
