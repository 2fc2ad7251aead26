/** The form of an agent, new or changed: every field, with each fault at its own. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormField, otherFaults } from "../../ui/form_field.tsx";
import { say } from "../../words/say.ts";
import { type Agent, type AgentPatch, createAgent, getAgent, type NewAgent, updateAgent } from "./api.ts";

/** As they are typed; "" of the breaker's: what is configured for all agents. An empty secret: the stored one stays. */
type Values = Pick<Agent, "auth_type"> & { status: "active" | "inactive" } & Record<Typed, string>;
type Typed =
  | "name"
  | "url"
  | "description"
  | "secret"
  | "header_name"
  | "timeout_ms"
  | "max_retries"
  | "initial_delay_ms"
  | "max_delay_ms"
  | "backoff_multiplier"
  | "enabled"
  | "failure_threshold"
  | "failure_rate_threshold"
  | "window_size_seconds"
  | "timeout_seconds"
  | "half_open_max_calls";

const PLACES = [
  "name",
  "url",
  "description",
  "status",
  "auth_type",
  "auth_config",
  "timeout_ms",
  "retry_config",
  "circuit_breaker_config",
];

export function AgentForm({ agent, onSaved, onClose }: { agent?: Agent; onSaved(): void; onClose(): void }) {
  const { api } = useApiSession();
  const [values, setValues] = useState(() => valuesOf(agent));
  const form = useRef<HTMLFormElement>(null);
  const save = useMutation({
    mutationFn: async () => {
      if (!agent) return await createAgent(api, toNew(values));
      // What somebody else changed meanwhile is not overwritten unseen.
      const now = await getAgent(api, agent.id);
      if (now.agent.updated_at !== agent.updated_at) throw changedMeanwhile(agent.name);
      return await updateAgent(api, agent.id, toPatch(values, agent), now.tag);
    },
    onSuccess: onSaved,
  });
  const error = save.error instanceof ApiError ? save.error : undefined;
  const faults = error?.faults ?? [];
  const hasFaults = faults.length > 0;
  useEffect(() => {
    if (hasFaults) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [hasFaults]);
  const others = otherFaults(faults, PLACES);
  const set = (name: keyof Values) => ({ target }: { target: { value: string } }) =>
    setValues((before) => ({ ...before, [name]: target.value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  const keepsSecret = agent !== undefined && agent.auth_type === values.auth_type;
  const secretLabel = values.auth_type === "bearer"
    ? keepsSecret ? say("New token") : say("Token")
    : keepsSecret
    ? say("New key")
    : say("Key");
  return (
    <Dialog title={agent ? say("Edit {name}", { name: agent.name }) : say("Register an agent")} onClose={onClose}>
      <form ref={form} className="stack" onSubmit={submit} noValidate>
        {save.error && (
          <div className="alert bad" role="alert">
            <p>{save.error.message}.</p>
            {others.map(({ path, message }) => (
              <p key={path}>
                <code>{path}</code> {message}
              </p>
            ))}
          </div>
        )}
        <div className="form-grid">
          <FormField
            label={say("Name")}
            place="name"
            faults={faults}
            hint={agent ? say("Steps name it; it is not changed.") : say("Steps name it; it is not changed later.")}
          >
            {(field) => (
              <input {...field} value={values.name} onChange={set("name")} readOnly={agent !== undefined} data-focus />
            )}
          </FormField>
          <FormField
            label={say("Status")}
            place="status"
            faults={faults}
            hint={say("An inactive agent is not called.")}
          >
            {(field) => (
              <select {...field} value={values.status} onChange={set("status")}>
                <option value="active">{say("Active##an agent")}</option>
                <option value="inactive">{say("Inactive##an agent")}</option>
              </select>
            )}
          </FormField>
          <FormField
            label={say("Address")}
            place="url"
            faults={faults}
            className="wide"
            hint={say("Where it takes JSON-RPC 2.0 message/send. Private addresses need EGRESS_ALLOW.")}
          >
            {(field) => (
              <input
                {...field}
                type="url"
                placeholder="https://agents.example.com/rpc"
                value={values.url}
                onChange={set("url")}
              />
            )}
          </FormField>
          <FormField label={say("Description")} place="description" faults={faults} className="wide">
            {(field) => <input {...field} value={values.description} onChange={set("description")} />}
          </FormField>
        </div>
        <fieldset className="form-part">
          <legend>{say("Credentials")}</legend>
          <div className="form-grid">
            <FormField label={say("Kind")} place="auth_type" faults={faults}>
              {(field) => (
                <select {...field} value={values.auth_type} onChange={set("auth_type")}>
                  <option value="none">{say("None")}</option>
                  <option value="bearer">{say("Bearer token")}</option>
                  <option value="apikey">{say("API key in a header")}</option>
                </select>
              )}
            </FormField>
            {values.auth_type !== "none" && (
              <FormField
                label={secretLabel}
                place="auth_config"
                faults={faults}
                hint={keepsSecret ? say("Empty: the stored one stays.") : say("Stored encrypted, never shown again.")}
              >
                {(field) => (
                  <input
                    {...field}
                    type="password"
                    autoComplete="off"
                    value={values.secret}
                    onChange={set("secret")}
                  />
                )}
              </FormField>
            )}
            {values.auth_type === "apikey" && (
              <FormField
                label={say("Header")}
                place="auth_config.header_name"
                faults={faults}
                hint={keepsSecret ? say("Another header needs the key again.") : undefined}
              >
                {(field) => <input {...field} value={values.header_name} onChange={set("header_name")} />}
              </FormField>
            )}
          </div>
        </fieldset>
        <fieldset className="form-part">
          <legend>{say("Timeout and retries")}</legend>
          <div className="form-grid">
            {NUMBERS.map(({ name, label, place, hint }) => (
              <FormField key={name} label={label} place={place} faults={faults} hint={hint}>
                {(field) => <input {...field} inputMode="decimal" value={values[name]} onChange={set(name)} />}
              </FormField>
            ))}
          </div>
        </fieldset>
        <fieldset className="form-part">
          <legend>{say("Circuit breaker")}</legend>
          <p className="muted">
            {say("Calls wait while too many fail. Empty fields: as it is configured for all agents.")}
          </p>
          <div className="form-grid">
            <FormField label={say("Breaker")} place="circuit_breaker_config.enabled" faults={faults}>
              {(field) => (
                <select {...field} value={values.enabled} onChange={set("enabled")}>
                  <option value="">{say("As configured")}</option>
                  <option value="true">{say("On")}</option>
                  <option value="false">{say("Off")}</option>
                </select>
              )}
            </FormField>
            {BREAKER_NUMBERS.map(({ name, label, hint }) => (
              <FormField key={name} label={label} place={`circuit_breaker_config.${name}`} faults={faults} hint={hint}>
                {(field) => <input {...field} inputMode="decimal" value={values[name]} onChange={set(name)} />}
              </FormField>
            ))}
          </div>
        </fieldset>
        <div className="row">
          <button type="submit" className="btn main" aria-disabled={save.isPending}>
            {save.isPending ? say("Saving…") : agent ? say("Save") : say("Register")}
          </button>
          <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

const NUMBERS = [
  { name: "timeout_ms", label: say("Timeout of a call, ms"), place: "timeout_ms", hint: say("1,000 to 300,000") },
  {
    name: "max_retries",
    label: say("Retries"),
    place: "retry_config.max_retries",
    hint: say("0 to 10, after the first attempt"),
  },
  {
    name: "initial_delay_ms",
    label: say("First delay, ms"),
    place: "retry_config.initial_delay_ms",
    hint: say("100 to 3,600,000"),
  },
  {
    name: "backoff_multiplier",
    label: say("Backoff multiplier"),
    place: "retry_config.backoff_multiplier",
    hint: say("1 to 100"),
  },
  {
    name: "max_delay_ms",
    label: say("Longest delay, ms"),
    place: "retry_config.max_delay_ms",
    hint: say("1,000 to 3,600,000"),
  },
] as const;

const BREAKER_NUMBERS = [
  { name: "failure_threshold", label: say("Failures before it opens"), hint: say("1 to 1,000") },
  { name: "failure_rate_threshold", label: say("Share of failures"), hint: say("0 to 1") },
  { name: "window_size_seconds", label: say("Counted over, s"), hint: say("10 to 3,600") },
  { name: "timeout_seconds", label: say("Open for, s"), hint: say("1 to 3,600") },
  { name: "half_open_max_calls", label: say("Calls while half open"), hint: say("1 to 100") },
] as const;

function valuesOf(agent: Agent | undefined): Values {
  const retry = agent?.retry_config;
  const breaker = agent?.circuit_breaker_config;
  const given = (value: boolean | number | undefined) => value === undefined ? "" : String(value);
  return {
    name: agent?.name ?? "",
    url: agent?.url ?? "",
    description: agent?.description ?? "",
    status: agent?.status === "inactive" ? "inactive" : "active",
    auth_type: agent?.auth_type ?? "none",
    secret: "",
    header_name: agent?.auth_config?.header_name ?? "X-API-Key",
    timeout_ms: String(agent?.timeout_ms ?? 30_000),
    max_retries: String(retry?.max_retries ?? 3),
    initial_delay_ms: String(retry?.initial_delay_ms ?? 1_000),
    max_delay_ms: String(retry?.max_delay_ms ?? 30_000),
    backoff_multiplier: String(retry?.backoff_multiplier ?? 2),
    enabled: given(breaker?.enabled),
    failure_threshold: given(breaker?.failure_threshold),
    failure_rate_threshold: given(breaker?.failure_rate_threshold),
    window_size_seconds: given(breaker?.window_size_seconds),
    timeout_seconds: given(breaker?.timeout_seconds),
    half_open_max_calls: given(breaker?.half_open_max_calls),
  };
}

function toNew(values: Values): NewAgent {
  return { name: values.name, ...shared(values), ...auth(values) };
}

/** Credentials are sent where they are changed: the server never gives them, so the stored ones cannot be sent again. */
function toPatch(values: Values, agent: Agent): AgentPatch {
  const sameHeader = values.auth_type !== "apikey" || values.header_name === (agent.auth_config?.header_name ?? "");
  const isKept = values.auth_type === agent.auth_type && values.secret === "" && sameHeader;
  return { ...shared(values), ...(!isKept && auth(values)) };
}

function shared(values: Values) {
  return {
    url: values.url.trim(),
    description: values.description.trim() === "" ? null : values.description,
    status: values.status,
    timeout_ms: numberIn(values.timeout_ms),
    retry_config: {
      max_retries: numberIn(values.max_retries),
      initial_delay_ms: numberIn(values.initial_delay_ms),
      max_delay_ms: numberIn(values.max_delay_ms),
      backoff_multiplier: numberIn(values.backoff_multiplier),
    },
    circuit_breaker_config: breakerIn(values),
  };
}

/** Null where nothing differs from what is configured for all agents. */
function breakerIn(values: Values): NewAgent["circuit_breaker_config"] {
  const config = {
    ...(values.enabled !== "" && { enabled: values.enabled === "true" }),
    ...Object.fromEntries(
      BREAKER_NUMBERS.flatMap(({ name }) => values[name].trim() === "" ? [] : [[name, numberIn(values[name])]]),
    ),
  };
  return Object.keys(config).length === 0 ? null : config;
}

function auth({ auth_type, secret, header_name }: Values): Pick<NewAgent, "auth_type" | "auth_config"> {
  if (auth_type === "none") return { auth_type, auth_config: null };
  if (secret === "") return { auth_type };
  return { auth_type, auth_config: auth_type === "bearer" ? { token: secret } : { key: secret, header_name } };
}

/** What is no number is sent as it is: the server says at which field. */
function numberIn(text: string): number {
  const value = Number(text);
  return (text.trim() === "" || Number.isNaN(value) ? text : value) as number;
}

function changedMeanwhile(name: string): ApiError {
  return new ApiError(
    412,
    "PRECONDITION_FAILED",
    say('Agent "{name}" was changed meanwhile: close this form and open it again to see how', { name }),
  );
}
