/** The schedules of workflows: when each fires next, what became of its last slot, and what a person may do with it. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { type ListFilter, ListFrame } from "../../ui/list_frame.tsx";
import { Empty } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useUrlFilter } from "../../ui/use_url_filter.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { deleteSchedule, listSchedules, pauseSchedule, resumeSchedule, type Schedule } from "./api.ts";
import { FiringsDialog } from "./firings_dialog.tsx";
import { ScheduleForm } from "./schedule_form.tsx";
import { ScheduleTable } from "./schedule_table.tsx";

type Open = { what: "new" } | { what: "edit" | "firings" | "delete"; schedule: Schedule };

const FILTERS: readonly ListFilter[] = [
  { name: "name", label: say("Name contains") },
  {
    name: "enabled",
    label: say("State"),
    choices: [["", say("Any state")], ["true", say("On")], ["false", say("Paused")]],
  },
];

export function SchedulesPage() {
  const { api, refusal } = useApiSession();
  const { zone } = useFormat();
  const queries = useQueryClient();
  const toast = useToast();
  const filter = useUrlFilter();
  const [open, setOpen] = useState<Open>();
  useEffect(() => {
    document.title = say("Schedules · Timewire");
  }, []);
  const asked = { name: filter.get("name"), enabled: filter.get("enabled"), page: filter.page };
  const query = useQuery({
    queryKey: ["schedules", asked],
    queryFn: ({ signal }) => listSchedules(api, asked, signal),
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
  return (
    <div className="stack">
      <div className="row">
        <h1 className="grow">{say("Schedules")}</h1>
        {!cannotEdit && (
          <button type="button" className="btn main" onClick={() => setOpen({ what: "new" })}>
            {say("New schedule")}
          </button>
        )}
      </div>
      {cannotEdit && <p className="muted">{say("You may look at schedules. {reason}.", { reason: cannotEdit })}</p>}
      <ListFrame
        noun="schedule"
        query={query}
        filter={filter}
        filters={FILTERS}
        empty={
          <Empty title={say("No schedule yet")}>
            <Say
              text="A schedule executes a workflow at times of a cron expression. It needs an active one of <a>Workflows</a>, then <make>make the first schedule</make>"
              tags={{
                a: (inner) => <Link href="/workflows">{inner}</Link>,
                make: (inner) => (
                  <GuardedButton
                    className="btn"
                    blocked={cannotEdit}
                    onClick={() => setOpen({ what: "new" })}
                  >
                    {inner}
                  </GuardedButton>
                ),
              }}
            />
          </Empty>
        }
      >
        {(schedules) => (
          <>
            <p className="muted">{say("Next firings in {zone}.", { zone: zone.replaceAll("_", " ") })}</p>
            <ScheduleTable
              schedules={schedules}
              onToggle={(schedule) => toggle.isPending || toggle.mutate(schedule)}
              onOpen={(what, schedule) => setOpen({ what, schedule })}
            />
          </>
        )}
      </ListFrame>
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
    <Dialog title={say("Delete {name}?", { name })} onClose={onClose}>
      <p>
        <Say
          text="It starts {workflow} no more, and the list of its slots is deleted with it. Its runs stay, and those in progress continue. To stop it for a while, pause it instead."
          values={{ workflow: <bdi>{workflow_name}</bdi> }}
        />
      </p>
      {remove.error && <p className="fault" role="alert">{remove.error.message}.</p>}
      <div className="row">
        <button
          type="button"
          className="btn danger"
          aria-disabled={remove.isPending}
          onClick={() => remove.isPending || remove.mutate()}
        >
          {remove.isPending ? say("Deleting…") : say("Delete the schedule")}
        </button>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}
