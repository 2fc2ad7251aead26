/** Keys of programs: made, shown once, and revoked. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { ROLE_NAMES, useApiSession } from "../../shell/workflow/session.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormField } from "../../ui/form_field.tsx";
import { Pager } from "../../ui/pager.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { createKey, type Key, listKeys, revokeKey } from "./api.ts";
import { RoleSelect } from "./role_select.tsx";

export function KeysTab() {
  const { api } = useApiSession();
  const queries = useQueryClient();
  const toast = useToast();
  const [page, setPage] = useState(1);
  const [revoked, setRevoked] = useState<Key>();
  const query = useQuery({ queryKey: ["keys", page], queryFn: ({ signal }) => listKeys(api, page, signal) });
  const reread = () => queries.invalidateQueries({ queryKey: ["keys"] });
  const revoke = useMutation({
    mutationFn: ({ id }: Key) => revokeKey(api, id),
    onSuccess: () => {
      setRevoked(undefined);
      return reread();
    },
    onError: (error: Error) => toast(error.message, "bad"),
  });
  return (
    <div className="stack">
      <NewKeyForm onMade={() => void reread()} />
      {query.isPending && <Skeleton lines={4} label={say("Loading keys")} />}
      {query.isError && <Failure error={query.error} what={say("the keys")} onRetry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && (
        <Empty title={say("No API key yet")}>{say("Give each program one of its own.")}</Empty>
      )}
      {query.data && query.data.items.length > 0 && (
        <>
          <RowsTable
            caption={say("API keys, newest first")}
            columns={[say("Key"), say("Role"), say("Made"), say("Last used")]}
            withActions
          >
            {query.data.items.map((key) => (
              <tr key={key.id}>
                <td data-label={say("Key")}>
                  <span>
                    <bdi>{key.name}</bdi> <code className="muted">{key.prefix}…</code>
                  </span>
                </td>
                <td data-label={say("Role")}>{ROLE_NAMES[key.role]}</td>
                <td data-label={say("Made")}>
                  <span>
                    <Say
                      text="{ago} by {who}"
                      values={{
                        ago: <When at={new Date(key.created_at)} as="ago" />,
                        who: <bdi>{key.created_by}</bdi>,
                      }}
                    />
                  </span>
                </td>
                <td data-label={say("Last used")}>
                  {key.last_used_at
                    ? <When at={new Date(key.last_used_at)} as="ago" />
                    : <span className="muted">{say("never")}</span>}
                </td>
                <td data-label={say("Actions")} className="num">
                  {key.revoked_at
                    ? <Tag tone="idle">{say("revoked")}</Tag>
                    : (
                      <button type="button" className="btn small danger" onClick={() => setRevoked(key)}>
                        {say("Revoke")}
                        <span className="visually-hidden">{key.name}</span>
                      </button>
                    )}
                </td>
              </tr>
            ))}
          </RowsTable>
          <Pager noun="key" total={query.data.total} page={page} totalPages={query.data.total_pages} onPage={setPage} />
        </>
      )}
      {revoked && (
        <Dialog title={say("Revoke {name}?", { name: revoked.name })} onClose={() => setRevoked(undefined)}>
          <p>{say("Programs that send it are refused within 5 s. It cannot be made valid again.")}</p>
          <div className="row">
            <button
              type="button"
              className="btn danger"
              aria-disabled={revoke.isPending}
              onClick={() => revoke.isPending || revoke.mutate(revoked)}
            >
              {say("Revoke the key")}
            </button>
            <button type="button" className="btn" onClick={() => setRevoked(undefined)}>{say("Cancel")}</button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function NewKeyForm({ onMade }: { onMade(): void }) {
  const { api } = useApiSession();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Key["role"]>("operator");
  const make = useMutation({
    mutationFn: () => createKey(api, { name, role }),
    onSuccess: () => {
      setName("");
      onMade();
    },
  });
  const faults = make.error instanceof ApiError ? make.error.faults : [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  };
  return (
    <section className="panel stack" aria-label={say("New key")}>
      <h2>{say("New key")}</h2>
      <form className="stack" onSubmit={submit} noValidate>
        {make.error && (
          <div className="alert bad" role="alert">
            <p>{make.error.message}.</p>
          </div>
        )}
        <div className="form-grid">
          <FormField label={say("Name")} place="name" faults={faults} hint={say("Of the program that sends it")}>
            {(field) => <input {...field} value={name} onChange={({ target }) => setName(target.value)} />}
          </FormField>
          <FormField label={say("Role")} place="role" faults={faults}>
            {(field) => <RoleSelect {...field} role={role} onRole={setRole} />}
          </FormField>
        </div>
        <div>
          <button type="submit" className="btn main" aria-disabled={make.isPending}>{say("Create key")}</button>
        </div>
      </form>
      {make.data && (
        <div className="alert stack" role="status">
          <p>
            <Say
              text="The key of {name}. It is shown only once: only its hash is stored."
              values={{ name: <bdi>{make.data.name}</bdi> }}
            />
          </p>
          <code>{make.data.key}</code>
          <div>
            <CopyButton text={make.data.key} label={say("Copy the key")} />
          </div>
        </div>
      )}
    </section>
  );
}
