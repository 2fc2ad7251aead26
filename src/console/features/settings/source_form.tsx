/** What a new source needs: a name, and how its sender is authenticated. */

import { type FormEvent, useState } from "react";
import type { Fault } from "../../shell/client.ts";
import type { NewSource } from "./sources_api.ts";

const KINDS: { key: string; label: string; source: Omit<NewSource, "name"> }[] = [
  { key: "github", label: "GitHub", source: { preset: "github" } },
  { key: "stripe", label: "Stripe", source: { preset: "stripe" } },
  { key: "shopify", label: "Shopify", source: { preset: "shopify" } },
  { key: "slack", label: "Slack", source: { preset: "slack" } },
  { key: "standard", label: "Standard Webhooks", source: { scheme: "standard_webhooks" } },
  { key: "hmac", label: "HMAC-SHA256 of the body", source: { scheme: "hmac_sha256" } },
  { key: "api_key", label: "API key in a header", source: { scheme: "api_key" } },
  { key: "basic", label: "Basic authentication", source: { scheme: "basic" } },
  {
    key: "none",
    label: "Unsigned: anyone who knows the address can send",
    source: { scheme: "none", allow_unsigned: true },
  },
];

export function SourceForm(
  { faults, busy, onSubmit }: { faults: Fault[]; busy: boolean; onSubmit(source: NewSource): void },
) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState(KINDS[0]!.key);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit({ name: name.trim(), ...KINDS.find(({ key }) => key === kind)!.source });
  };
  const nameFault = faults.find(({ path }) => path === "name");
  return (
    <form className="stack" onSubmit={submit}>
      <label className="field">
        <span>Name: lower-case letters, digits, _ and -. Its events are custom:{name.trim() || "name"}</span>
        <input
          required
          maxLength={50}
          value={name}
          aria-invalid={nameFault !== undefined}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="field">
        <span>Authentication</span>
        <select value={kind} onChange={(event) => setKind(event.target.value)}>
          {KINDS.map(({ key, label }) => <option key={key} value={key}>{label}</option>)}
        </select>
      </label>
      {faults.map(({ path, message }) => (
        <p key={path} className="fault" role="alert">{path === "name" ? "The name" : path} {message}</p>
      ))}
      <div>
        <button type="submit" className="btn main" disabled={busy}>Create source</button>
      </div>
    </form>
  );
}
