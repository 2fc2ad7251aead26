/** One message to an agent by hand: its text, and what the agent gave. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import { Tag } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type Agent, type AgentCall, callAgent } from "./api.ts";

export function CallDialog({ agent, onClose }: { agent: Agent; onClose(): void }) {
  const { api } = useApiSession();
  const [text, setText] = useState("");
  const call = useMutation({ mutationFn: () => callAgent(api, agent.id, text) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!call.isPending) call.mutate();
  };
  return (
    <Dialog title={say("Call {name} now", { name: agent.name })} onClose={onClose}>
      <p className="muted">
        <Say
          text="Sends one <code>message/send</code> to {address}, outside of any run and without retries. The agent acts on it as on any other; JSON is sent as it is typed."
          values={{ address: <bdi>{agent.url}</bdi> }}
        />
      </p>
      <form className="stack" onSubmit={submit}>
        <label className="field">
          <span>{say("Message")}</span>
          <textarea
            rows={5}
            required
            maxLength={100_000}
            value={text}
            onChange={({ target }) => setText(target.value)}
            data-focus
          />
        </label>
        <div className="row">
          <button type="submit" className="btn main" aria-disabled={call.isPending}>
            {call.isPending ? say("Waiting for the answer…") : say("Send")}
          </button>
        </div>
      </form>
      <div aria-live="polite" className="stack">
        {call.error && <p className="fault">{call.error.message}.</p>}
        {call.data && !call.isPending && <Outcome call={call.data} />}
      </div>
    </Dialog>
  );
}

function Outcome({ call: { outcome, output, http_status, error, error_code, duration_ms } }: { call: AgentCall }) {
  const duration = useFormat().duration(duration_ms);
  const isGood = outcome === "answered";
  return (
    <section className="stack" aria-label={say("Answer")}>
      <div className="row">
        <Tag tone={isGood ? "ok" : "bad"}>{isGood ? say("Answered") : say("Failed")}</Tag>
        <span className="muted">
          {http_status === null
            ? say("in {duration}", { duration })
            : say("in {duration}, HTTP {status}", { duration, status: http_status })}
        </span>
      </div>
      {error && (
        <div className="alert bad">
          <p>
            <bdi>{error}</bdi>
          </p>
          {error_code && <code className="muted">{error_code}</code>}
        </div>
      )}
      {isGood && (
        <>
          <p className="muted">{say("A step would have this as its output:")}</p>
          <JsonTree value={output} label={say("Output")} root="${step.output}" />
        </>
      )}
    </section>
  );
}
