/** One source: whether its sender reaches it, what is set up there, its secrets and limits, and what can be done with it. */

import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Facts } from "../../ui/facts.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { keepNewDraft } from "../flows/new_draft_api.ts";
import { deleteSource, revealSecret, rotateSource, type Source, type SourceWithSecret, switchSource } from "./api.ts";
import { RotateDialog } from "./rotate_dialog.tsx";
import { SetupSteps } from "./setup_steps.tsx";
import type { Senders } from "./source_draft.ts";
import { SourceState } from "./source_state.tsx";

/** How long the previous secret stays valid after a rotation. */
const OVERLAP_HOURS = 24;

interface PaneProps {
  source: Source;
  senders: Senders;
  /** While it is shown. */
  secret: string | undefined;
  onSecret(made: SourceWithSecret | undefined): void;
  onChanged(): Promise<void>;
}

export function SourcePane({ source, senders, secret, onSecret, onChanged }: PaneProps) {
  const { enabled, name, lastEventAt } = source;
  const [wasSetUp] = useState(lastEventAt !== null);
  return (
    <>
      <div className="row">
        <h2 className="said grow">
          <bdi>{visibleText(name)}</bdi>
        </h2>
        <Tag tone={enabled ? "ok" : "idle"}>{enabled ? say("On") : say("Off")}</Tag>
      </div>
      <SourceState source={source} />
      {secret !== undefined && (
        <div className="alert">
          {say("The secret is shown only once, below: Timewire stores it encrypted and cannot show it again.")}
        </div>
      )}
      {source.scheme === "none" && (
        <p className="muted">
          {say("This source accepts unsigned events: share its address with the sender only.")}
        </p>
      )}
      <details open={!wasSetUp || secret !== undefined}>
        <summary>{say("Set-up at the sender")}</summary>
        <SetupSteps source={source} senders={senders} secret={secret} />
      </details>
      <SourceFacts source={source} />
      <SourceLinks source={source} />
      <SourceButtons source={source} onSecret={onSecret} onChanged={onChanged} />
    </>
  );
}

function SourceFacts({ source }: { source: Source }) {
  const format = useFormat();
  const { scheme, secrets, createdAt, ratePerSecond, maxBodyBytes, duplicateWindowSeconds } = source;
  const [newest, ...older] = secrets;
  const facts: [string, ReactNode][] = [
    [say("Event type"), <code key="type">{`custom:${source.name}`}</code>],
    [say("Authentication"), scheme === "none" ? say("unsigned") : scheme.replaceAll("_", " ")],
    [say("Created"), <When key="created" at={createdAt} as="ago" />],
    [
      say("Secret"),
      scheme !== "none" && (newest ? <When at={newest.createdAt} as="ago" /> : say("none yet##a secret")),
    ],
    ...older.flatMap(({ id, expiresAt, lastUsedAt }): [string, ReactNode][] => [
      [say("Old secret valid until"), expiresAt && <When key={id} at={expiresAt} as="full" />],
      [
        say("Old secret last used"),
        lastUsedAt ? <When key={id} at={lastUsedAt} as="ago" /> : say("not since it is old"),
      ],
    ]),
    [say("Rate"), say("{count} a second", { count: format.number(ratePerSecond) })],
    [
      say("Body"),
      maxBodyBytes === null
        ? say("as large as the listener accepts")
        : say("up to {count} bytes", { count: format.number(maxBodyBytes) }),
    ],
    [
      say("Equal deliveries"),
      duplicateWindowSeconds !== null &&
      say("one event within {duration}", { duration: format.duration(duplicateWindowSeconds * 1_000) }),
    ],
  ];
  return <Facts facts={facts} />;
}

function SourceLinks({ source: { name } }: { source: Source }) {
  const { api, session: { can } } = useSignedIn();
  const [, navigate] = useLocation();
  const toast = useToast();
  const type = `custom:${name}`;
  const begin = useMutation({
    mutationFn: () =>
      keepNewDraft(api, { before: undefined, definition: { name: `Events of ${name}`, trigger_event_types: [type] } }),
    onSuccess: ({ id }) => navigate(`/flows/new?draft=${id}`),
    onError: (error) => toast(error.message, "bad"),
  });
  return (
    <div className="row">
      <Link className="btn" href={`/events?event_type=${encodeURIComponent(type)}`}>{say("Its events")}</Link>
      <GuardedButton
        className="btn"
        blocked={can.write ? (begin.isPending ? say("The flow is being created") : null) : can.reason}
        onClick={() => begin.mutate()}
      >
        {say("A flow from it")}
      </GuardedButton>
    </div>
  );
}

function SourceButtons(
  { source, onSecret, onChanged }: Pick<PaneProps, "source" | "onSecret" | "onChanged">,
) {
  const { api, session: { can } } = useSignedIn();
  const [, navigate] = useLocation();
  const toast = useToast();
  const [asked, setAsked] = useState<"rotate" | "remove">();
  const onError = (error: Error) => toast(error.message, "bad");
  const blocked = can.write ? null : can.reason;
  const { id, name, enabled, scheme, secrets } = source;
  const rotate = useMutation({
    mutationFn: (given: string | undefined) => rotateSource(api, id, { overlapHours: OVERLAP_HOURS, secret: given }),
    // One that was typed in is not shown again.
    onSuccess: (made, given) => {
      setAsked(undefined);
      onSecret(given === undefined ? made : undefined);
      if (given !== undefined) toast(say("The secret was saved"));
      return onChanged();
    },
    onError,
  });
  const reveal = useMutation({
    mutationFn: () => revealSecret(api, id),
    onSuccess: (secret) => {
      onSecret({ source, secret });
      return onChanged();
    },
    onError,
  });
  const toggle = useMutation({ mutationFn: () => switchSource(api, id, !enabled), onSuccess: onChanged, onError });
  const remove = useMutation({
    mutationFn: () => deleteSource(api, id),
    onSuccess: () => {
      toast(say("The source was deleted; its events are kept"));
      navigate("/sources", { replace: true });
      return onChanged();
    },
    onError,
  });
  return (
    <div className="row">
      <GuardedButton className="btn small" blocked={blocked} onClick={() => toggle.mutate()}>
        {enabled ? say("Switch off") : say("Switch on")}
      </GuardedButton>
      {scheme !== "none" && (
        <GuardedButton className="btn small" blocked={blocked} onClick={() => setAsked("rotate")}>
          {secrets.length === 0 ? say("Enter secret") : say("Rotate secret")}
        </GuardedButton>
      )}
      {secrets.some(({ isUnseen }) => isUnseen) && (
        <GuardedButton
          className="btn small"
          blocked={blocked}
          onClick={() => reveal.mutate()}
        >
          {say("Show secret once")}
        </GuardedButton>
      )}
      <GuardedButton className="btn small danger" blocked={blocked} onClick={() => setAsked("remove")}>
        {say("Delete")}
      </GuardedButton>
      {asked === "rotate" && (
        <RotateDialog
          source={source}
          overlapHours={OVERLAP_HOURS}
          busy={rotate.isPending}
          onRotate={(given) => rotate.mutate(given)}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === "remove" && (
        <Dialog title={say('Delete "{name}"', { name })} onClose={() => setAsked(undefined)}>
          <p>{say("Its address stops working at once. Its events and the flows that listen to it are kept.")}</p>
          <div className="row">
            <button type="button" className="btn danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
              {say("Delete the source")}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
