/** People who sign in by a password: made, given a role, and kept out. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { FormField } from "../../ui/form_field.tsx";
import { Pager } from "../../ui/pager.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
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
      {query.isPending && <Skeleton lines={4} label="Loading users" />}
      {query.isError && <Failure error={query.error} what="the users" onRetry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && (
        <Empty title="No user yet">Make the first one above; an admin can make the others.</Empty>
      )}
      {query.data && query.data.items.length > 0 && (
        <>
          <RowsTable caption="Users, by name" columns={["User", "Role", "Made"]} withActions>
            {query.data.items.map(({ id, name, role, disabled, has_password, created_at }) => (
              <tr key={id}>
                <td data-label="User">
                  <span>
                    <bdi>{name}</bdi> {disabled && <Tag tone="idle">disabled</Tag>}
                    {!has_password && <Tag tone="warn">no password</Tag>}
                  </span>
                </td>
                <td data-label="Role">
                  {isSelf(name) ? role : (
                    <RoleSelect
                      label={`Role of ${name}`}
                      role={role}
                      onRole={(to) => ask(`${name} is ${to} now`, () => changeUser(api, id, { role: to }))}
                    />
                  )}
                </td>
                <td data-label="Made">
                  <When at={new Date(created_at)} as="ago" />
                </td>
                <td data-label="Actions" className="num">
                  <button
                    type="button"
                    className="btn small"
                    onClick={() => ask(`${name} is signed out everywhere`, () => endSessionsOf(api, id))}
                  >
                    Sign out everywhere <span className="visually-hidden">{name}</span>
                  </button>{" "}
                  {isSelf(name) ? <span className="muted">you: another admin may change it</span> : (
                    <button
                      type="button"
                      className="btn small danger"
                      onClick={() =>
                        ask(
                          disabled ? `${name} may sign in again` : `${name} is kept out`,
                          () => changeUser(api, id, { disabled: !disabled }),
                        )}
                    >
                      {disabled ? "Enable" : "Disable"} <span className="visually-hidden">{name}</span>
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
      toast(`${name} may sign in now`);
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
    <section className="panel stack" aria-label="New user">
      <h2>New user</h2>
      <form className="stack" onSubmit={submit} noValidate>
        {make.error && (
          <div className="alert bad" role="alert">
            <p>{make.error.message}.</p>
          </div>
        )}
        <div className="form-grid">
          <FormField label="Name" place="name" faults={faults}>
            {(field) => (
              <input
                {...field}
                autoComplete="off"
                value={name}
                onChange={({ target }) => setName(target.value)}
              />
            )}
          </FormField>
          <FormField label="Password" place="password" faults={faults} hint="12 characters at least">
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
          <FormField label="Role" place="role" faults={faults}>
            {(field) => <RoleSelect {...field} role={role} onRole={setRole} />}
          </FormField>
        </div>
        <div>
          <button type="submit" className="btn main" aria-disabled={make.isPending}>Create user</button>
        </div>
      </form>
    </section>
  );
}
