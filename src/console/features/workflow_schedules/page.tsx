/** The schedules of workflows: when each fires next, what became of its last slot, and what a person may do with it. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useUrlFilter } from "../../ui/use_url_filter.ts";
import { deleteSchedule, listSchedules, pauseSchedule, resumeSchedule, type Schedule } from "./api.ts";
import { FiringsDialog } from "./firings_dialog.tsx";
import { ScheduleForm } from "./schedule_form.tsx";
import { ScheduleTable } from "./schedule_table.tsx";

type Open = { what: "new" } | { what: "edit" | "firings" | "delete"; schedule: Schedule };

export function SchedulesPage() {
  const { api, refusal } = useApiSession();
  const { zone } = useFormat();
  const queries = useQueryClient();
  const toast = useToast();
  const { get, page, set, clear } = useUrlFilter();
  const [open, setOpen] = useState<Open>();
  useEffect(() => {
    document.title = "Schedules · Timewire";
  }, []);
  const filter = {
    name: get("name"),
    enabled: get("enabled"),
    page,
  };
  const query = useQuery({
    queryKey: ["schedules", filter],
    queryFn: ({ signal }) => listSchedules(api, filter, signal),
    placeholderData: (before) => before,
    refetchInterval: 15_000,
  });
  const reread = () => queries.invalidateQueries({ queryKey: ["schedules"] });
  const done = () => {
    setOpen(undefined);
    void reread();
  };
  const toggle = useMutation({
    mutationFn: ({ id, enabled }: Schedule) => enabled ? pauseSchedule(api, id) : resumeSchedule(api, id),
    onSuccess: reread,
    onError: (error: Error) => toast(error.message, "bad"),
  });
  const cannotEdit = refusal("operator");
  const schedules = query.data?.items ?? [];
  return (
    <div className="stack">
      <div className="row">
        <h1 className="grow">Schedules</h1>
        {!cannotEdit && (
          <button type="button" className="btn main" onClick={() => setOpen({ what: "new" })}>New schedule</button>
        )}
      </div>
      {cannotEdit && <p className="muted">You may look at schedules. {cannotEdit}.</p>}
      <div className="row">
        <label className="field grow">
          <span>Name contains</span>
          <input type="search" value={filter.name} onChange={({ target }) => set({ name: target.value })} />
        </label>
        <label className="field">
          <span>State</span>
          <select value={filter.enabled} onChange={({ target }) => set({ enabled: target.value })}>
            <option value="">Any state</option>
            <option value="true">On</option>
            <option value="false">Paused</option>
          </select>
        </label>
      </div>
      {query.isPending && <Skeleton lines={8} label="Loading schedules" />}
      {query.isError && <Failure error={query.error} what="the schedules" onRetry={() => void query.refetch()} />}
      {query.data && schedules.length === 0 && (
        filter.name || filter.enabled
          ? (
            <Empty title="No schedule matches these filters">
              <button type="button" className="btn" onClick={clear}>Show all schedules</button>
            </Empty>
          )
          : (
            <Empty title="No schedule yet">
              A schedule executes a workflow at times of a cron expression. It needs an active one of{" "}
              <Link href="/workflows">Workflows</Link>, then{" "}
              <GuardedButton className="btn" blocked={cannotEdit} onClick={() => setOpen({ what: "new" })}>
                make the first schedule
              </GuardedButton>
            </Empty>
          )
      )}
      {query.data && schedules.length > 0 && (
        <>
          <p className="muted">Next firings in {zone.replaceAll("_", " ")}.</p>
          <ScheduleTable
            schedules={schedules}
            onToggle={(schedule) => toggle.isPending || toggle.mutate(schedule)}
            onOpen={(what, schedule) => setOpen({ what, schedule })}
          />
          <Pager
            noun="schedule"
            total={query.data.total}
            page={query.data.page}
            totalPages={query.data.total_pages}
            onPage={(page) => set({ page: String(page) })}
          />
        </>
      )}
      {open?.what === "new" && <ScheduleForm onSaved={done} onClose={() => setOpen(undefined)} />}
      {open?.what === "edit" && (
        <ScheduleForm
          schedule={open.schedule}
          onSaved={done}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open?.what === "firings" && <FiringsDialog schedule={open.schedule} onClose={() => setOpen(undefined)} />}
      {open?.what === "delete" && (
        <DeleteDialog
          schedule={open.schedule}
          onDeleted={done}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

function DeleteDialog(
  { schedule: { id, name, workflow_name }, onDeleted, onClose }: {
    schedule: Schedule;
    onDeleted(): void;
    onClose(): void;
  },
) {
  const { api } = useApiSession();
  const remove = useMutation({ mutationFn: () => deleteSchedule(api, id), onSuccess: onDeleted });
  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose}>
      <p>
        It starts <bdi>{workflow_name}</bdi>{" "}
        no more, and the list of its slots is deleted with it. Its runs stay, and those in progress continue. To stop it
        for a while, pause it instead.
      </p>
      {remove.error && <p className="fault" role="alert">{remove.error.message}.</p>}
      <div className="row">
        <button
          type="button"
          className="btn danger"
          aria-disabled={remove.isPending}
          onClick={() => remove.isPending || remove.mutate()}
        >
          {remove.isPending ? "Deleting…" : "Delete the schedule"}
        </button>
        <button type="button" className="btn" onClick={onClose}>Cancel</button>
      </div>
    </Dialog>
  );
}
