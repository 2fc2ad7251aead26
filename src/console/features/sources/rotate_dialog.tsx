/** A new secret for a source: made here, or the one that its sender gave. */

import { type FormEvent, useState } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { say } from "../../words/say.ts";
import type { Source } from "./api.ts";
import { WAYS } from "./source_form.tsx";

const PUBLIC_KEY = ["ed25519", "ecdsa_sha256", "rsa_sha256"];

export function RotateDialog(
  { source, overlapHours, busy, onRotate, onClose }: {
    source: Source;
    overlapHours: number;
    busy: boolean;
    onRotate(secret: string | undefined): void;
    onClose(): void;
  },
) {
  const isFirst = source.secrets.length === 0;
  const mustBeGiven = PUBLIC_KEY.includes(source.scheme);
  const [way, setWay] = useState<"made" | "given">(isFirst || mustBeGiven ? "given" : "made");
  const [secret, setSecret] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onRotate(way === "given" ? secret.trim() : undefined);
  };
  return (
    <Dialog
      title={isFirst
        ? say('Secret for "{name}"', { name: source.name })
        : say('New secret for "{name}"', { name: source.name })}
      onClose={onClose}
    >
      <form className="stack" onSubmit={submit}>
        {!isFirst && (
          <p>
            {say(
              "The current secret stays valid for {hours} hours. Give the sender the new one within that time.",
              { hours: overlapHours },
            )}
          </p>
        )}
        {!mustBeGiven && (
          <label className="field">
            <span>{say("Secret")}</span>
            <select value={way} onChange={(event) => setWay(event.target.value as typeof way)}>
              <option value="made">{WAYS.made}</option>
              <option value="given">{WAYS.given}</option>
            </select>
          </label>
        )}
        {way === "given" && (
          <label className="field">
            <span>{mustBeGiven ? say("Public key of the sender") : say("The sender's secret")}</span>
            <textarea
              required
              rows={mustBeGiven ? 4 : 1}
              autoComplete="off"
              spellCheck={false}
              value={secret}
              onChange={(event) => setSecret(event.target.value)}
            />
          </label>
        )}
        <div className="row">
          <button type="submit" className="btn main" disabled={busy}>
            {way === "given" ? say("Save secret") : say("Create secret")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
