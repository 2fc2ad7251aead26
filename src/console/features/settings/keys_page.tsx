/** Keys by id, age and number of values; the API key of a person is stored and removed here. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { deleteApiKey, getKeys, putApiKey } from "./api.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { KeysTable } from "./keys_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";

export function KeysTab() {
  const { api, session } = useSignedIn();
  const keys = useQuery({ queryKey: ["keys"], queryFn: () => getKeys(api), enabled: session.can.write });
  if (!session.can.write) {
    return (
      <p className="panel">
        {say("Keys are shown to admins only. {reason}.", { reason: session.can.reason ?? "" })}
      </p>
    );
  }
  if (keys.error && !keys.data) {
    return (
      <Failure
        error={keys.error}
        what={say("the keys")}
        onRetry={() => keys.refetch()}
      />
    );
  }
  if (!keys.data) return <Skeleton />;
  return (
    <div className="stack">
      <KeysTable keys={keys.data} isOperator={session.actor.kind === "operator"} />
      <ApiKeyForm configured={keys.data.apiKey.configured} />
    </div>
  );
}

/** More event types come by webhooks that a workspace admin's own API key registers. */
function ApiKeyForm({ configured }: { configured: boolean }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [key, setKey] = useState("");
  const reporting = (text: string) => ({
    onSuccess: () => {
      setKey("");
      toast(text);
      return queries.invalidateQueries({ queryKey: ["keys"] });
    },
    onError: (error: Error) => toast(error.message, "bad"),
  });
  const put = useMutation({
    mutationFn: () => putApiKey(api, key),
    ...reporting(say("The key is stored encrypted; webhooks are being registered with it")),
  });
  const remove = useMutation({
    mutationFn: () => deleteApiKey(api),
    ...reporting(say("The key was removed; its webhooks are being removed from Clockify")),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    put.mutate();
  };
  return (
    <section className="panel stack">
      <h2>{say("Clockify API key of a workspace admin")}</h2>
      <p className="muted">
        {say(
          "The manifest carries only some of Clockify's events. With an admin's API key Timewire registers webhooks for the others. It is stored encrypted and never shown again.",
        )}
      </p>
      <form className="row" onSubmit={submit}>
        <label className="field grow">
          <span>{configured ? say("New key, replaces the current one") : say("API key")}</span>
          <input
            type="password"
            autoComplete="off"
            minLength={8}
            required
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <button type="submit" className="btn main" disabled={put.isPending}>{say("Store the key")}</button>
        <GuardedButton
          className="btn danger"
          blocked={!configured
            ? say("There is no key to remove")
            : remove.isPending
            ? say("It is being removed")
            : null}
          onClick={() => remove.mutate()}
        >
          {say("Remove the key")}
        </GuardedButton>
      </form>
    </section>
  );
}
