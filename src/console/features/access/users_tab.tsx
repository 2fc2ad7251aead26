/** People who sign in by a password: made, given a role, and kept out. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { ROLE_NAMES, useApiSession } from "../../shell/workflow/session.tsx";
import { FormField } from "../../ui/form_field.tsx";
import { Pager } from "../../ui/pager.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { changeUser, createUser, endSessionsOf, listUsers, type User } from "./api.ts";
import { RoleSelect } from "./role_select.tsx";

export function UsersTab() {
  const { api, caller } = useApiSession();
  const queries = useQueryClient();
  const toast = useToast();
  const isSelf = (name: string) => caller.kind === "user" && caller.name === name;
  const [page, setPage] = useState(1);
  const query = useQuery({ queryKey: ["users", page], queryFn: ({ signal }) => listUsers(api, page, signal) });
  const reread = () => queries.invalidateQueries({ queryKey: ["users"] });
  const change = useMutation({
    mutationFn: ({ work }: { work(): Promise<unknown>; said: string }) => work(),
    onSuccess: (_, { said }) => {
      toast(said);
      return reread();
    },
    onError: (error: Error) => toast(error.message, "bad"),
  });
  const ask = (said: string, work: () => Promise<unknown>) => change.mutate({ said, work });
  return (
    <div className="stack">
      {query.data && <NewUserForm first={query.data.total === 0} onMade={() => void reread()} />}
      {query.isPending && <Skeleton lines={4} label={say("Loading users")} />}
      {query.isError && <Failure error={query.error} what={say("the users")} onRetry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && (
        <Empty title={say("No user yet")}>{say("Make the first one above; an admin can make the others.")}</Empty>
      )}
      {query.data && query.data.items.length > 0 && (
        <>
          <RowsTable
            caption={say("Users, by name")}
            columns={[say("User"), say("Role"), say("Made")]}
            withActions
          >
            {query.data.items.map(({ id, name, role, disabled, has_password, created_at }) => (
              <tr key={id}>
                <td data-label={say("User")}>
                  <span>
                    <bdi>{name}</bdi> {disabled && <Tag tone="idle">{say("disabled##a user")}</Tag>}
                    {!has_password && <Tag tone="warn">{say("no password")}</Tag>}
                  </span>
                </td>
                <td data-label={say("Role")}>
                  {isSelf(name) ? ROLE_NAMES[role] : (
                    <RoleSelect
                      label={say("Role of {name}", { name })}
                      role={role}
                      onRole={(to) =>
                        ask(
                          say("{name} is {role} now", { name, role: ROLE_NAMES[to] }),
                          () => changeUser(api, id, { role: to }),
                        )}
                    />
                  )}
                </td>
                <td data-label={say("Made")}>
                  <When at={new Date(created_at)} as="ago" />
                </td>
                <td data-label={say("Actions")} className="num">
                  <button
                    type="button"
                    className="btn small"
                    onClick={() => ask(say("{name} is signed out everywhere", { name }), () => endSessionsOf(api, id))}
                  >
                    {say("Sign out everywhere")} <span className="visually-hidden">{name}</span>
                  </button>{" "}
                  {isSelf(name) ? <span className="muted">{say("you: another admin may change it")}</span> : (
                    <button
                      type="button"
                      className="btn small danger"
                      onClick={() =>
                        ask(
                          disabled ? say("{name} may sign in again", { name }) : say("{name} is kept out", { name }),
                          () => changeUser(api, id, { disabled: !disabled }),
                        )}
                    >
                      {disabled ? say("Enable") : say("Disable")} <span className="visually-hidden">{name}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </RowsTable>
          <Pager
            noun="user"
            total={query.data.total}
            page={page}
            totalPages={query.data.total_pages}
            onPage={setPage}
          />
        </>
      )}
    </div>
  );
}

/** `first`: there is no user yet, so the new one has to be an admin. */
function NewUserForm({ first, onMade }: { first: boolean; onMade(): void }) {
  const { api } = useApiSession();
  const toast = useToast();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<User["role"]>(first ? "admin" : "viewer");
  const make = useMutation({
    mutationFn: () => createUser(api, { name, password, role }),
    onSuccess: () => {
      toast(say("{name} may sign in now", { name }));
      setName("");
      setPassword("");
      setRole("viewer");
      onMade();
    },
  });
  const faults = make.error instanceof ApiError ? make.error.faults : [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  };
  return (
    <section className="panel stack" aria-label={say("New user")}>
      <h2>{say("New user")}</h2>
      <form className="stack" onSubmit={submit} noValidate>
        {make.error && (
          <div className="alert bad" role="alert">
            <p>{make.error.message}.</p>
          </div>
        )}
        <div className="form-grid">
          <FormField label={say("Name")} place="name" faults={faults}>
            {(field) => (
              <input
                {...field}
                autoComplete="off"
                value={name}
                onChange={({ target }) => setName(target.value)}
              />
            )}
          </FormField>
          <FormField label={say("Password")} place="password" faults={faults} hint={say("12 characters at least")}>
            {(field) => (
              <input
                {...field}
                type="password"
                autoComplete="new-password"
                value={password}
                onChange={({ target }) => setPassword(target.value)}
              />
            )}
          </FormField>
          <FormField label={say("Role")} place="role" faults={faults}>
            {(field) => <RoleSelect {...field} role={role} onRole={setRole} />}
          </FormField>
        </div>
        <div>
          <button type="submit" className="btn main" aria-disabled={make.isPending}>{say("Create user")}</button>
        </div>
      </form>
    </section>
  );
}
