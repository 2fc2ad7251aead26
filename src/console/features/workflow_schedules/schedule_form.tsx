/** The form of a schedule, new or changed: the cron expression in words, and each fault at its field. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiError, type Fault } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormField, otherFaults } from "../../ui/form_field.tsx";
import { useFormat } from "../../ui/format.tsx";
import { cronWords, USUAL } from "../flows/draft/schedule_words.ts";
import { listWorkflows } from "../workflows/api.ts";
import { say } from "../../words/say.ts";
import { createSchedule, getSchedule, type NewSchedule, type Schedule, updateSchedule } from "./api.ts";

const PLACES = [
  "name",
  "description",
  "workflow_id",
  "cron",
  "timezone",
  "input_data",
  "max_concurrent_runs",
  "on_failure",
  "missed_policy",
];

export function ScheduleForm(
  { schedule, onSaved, onClose }: { schedule?: Schedule; onSaved(): void; onClose(): void },
) {
  const { api } = useApiSession();
  const { zone } = useFormat();
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState(() => valuesOf(schedule, zone));
  const [inputFault, setInputFault] = useState<Fault>();
  const workflows = useQuery({
    queryKey: ["workflows", "active-choices"],
    queryFn: ({ signal }) => listWorkflows(api, { status: "active", page_size: 100 }, signal),
    select: ({ items }) => items.map(({ id, name }) => ({ id, name })),
    enabled: schedule === undefined,
  });
  const workflowId = values.workflow_id || workflows.data?.[0]?.id || "";
  const save = useMutation({
    mutationFn: async (input: NewSchedule["input_data"]) => {
      const { workflow_id: _, input_data: __, max_concurrent_runs, ...rest } = values;
      const fields = {
        ...rest,
        description: rest.description.trim() || null,
        input_data: input,
        max_concurrent_runs: numberIn(max_concurrent_runs),
      };
      if (!schedule) return await createSchedule(api, { ...fields, workflow_id: workflowId });
      const now = await getSchedule(api, schedule.id);
      if (now.schedule.updated_at !== schedule.updated_at) {
        throw new ApiError(
          412,
          "PRECONDITION_FAILED",
          say('Schedule "{name}" was changed meanwhile: close this form and open it again to see how', {
            name: schedule.name,
          }),
        );
      }
      return await updateSchedule(api, schedule.id, fields, now.tag);
    },
    onSuccess: onSaved,
  });
  const faults = [
    ...(save.error instanceof ApiError ? save.error.faults : []),
    ...(inputFault ? [inputFault] : []),
  ];
  const hasFaults = faults.length > 0;
  useEffect(() => {
    if (hasFaults) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [hasFaults]);
  const others = otherFaults(faults, PLACES);
  const set = (name: keyof typeof values) => ({ target }: { target: { value: string } }) =>
    setValues((before) => ({ ...before, [name]: target.value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    save.reset();
    setInputFault(undefined);
    try {
      save.mutate(JSON.parse(values.input_data));
    } catch (error) {
      setInputFault({ path: "input_data", message: say("is no JSON: {reason}", { reason: (error as Error).message }) });
    }
  };
  const words = cronWords(values.cron);
  const usual = USUAL.some(([cron]) => cron === values.cron) ? values.cron : "";
  return (
    <Dialog title={schedule ? say("Edit {name}", { name: schedule.name }) : say("New schedule")} onClose={onClose}>
      <form ref={form} className="stack" onSubmit={submit} noValidate>
        {save.error && (
          <div className="alert bad" role="alert">
            <p>{save.error.message}.</p>
            {others.map(({ path, message }) => (
              <p key={path}>
                <code>{path}</code> {message}
              </p>
            ))}
          </div>
        )}
        <div className="form-grid">
          <FormField label={say("Name")} place="name" faults={faults}>
            {(field) => <input {...field} value={values.name} onChange={set("name")} data-focus />}
          </FormField>
          <FormField
            label={say("Workflow")}
            place="workflow_id"
            faults={faults}
            hint={workflows.data?.length === 0 ? say("There is no active workflow yet.") : undefined}
          >
            {(field) =>
              schedule
                ? <input {...field} value={schedule.workflow_name} readOnly />
                : (
                  <select {...field} value={workflowId} onChange={set("workflow_id")}>
                    {(workflows.data ?? []).map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
                  </select>
                )}
          </FormField>
          <FormField label={say("How often")} place="usual" faults={[]}>
            {(field) => (
              <select
                {...field}
                value={usual}
                onChange={({ target }) => target.value && set("cron")({ target })}
              >
                <option value="">{say("As written below")}</option>
                {USUAL.map(([cron, label]) => <option key={cron} value={cron}>{label}</option>)}
              </select>
            )}
          </FormField>
          <FormField
            label={say("Cron expression")}
            place="cron"
            faults={faults}
            hint={words === values.cron ? say("minute hour day month weekday, as in 0 7 * * MON-FRI") : words}
          >
            {(field) => <input {...field} className="mono" value={values.cron} onChange={set("cron")} />}
          </FormField>
          <FormField
            label={say("Time zone")}
            place="timezone"
            faults={faults}
            hint={say("On whose clock, as in Europe/Berlin")}
          >
            {(field) => <input {...field} value={values.timezone} onChange={set("timezone")} />}
          </FormField>
          <FormField
            label={say("Runs at once, at most")}
            place="max_concurrent_runs"
            faults={faults}
            hint={say("1 to 100; a slot beyond it is held back")}
          >
            {(field) => (
              <input
                {...field}
                inputMode="numeric"
                value={values.max_concurrent_runs}
                onChange={set("max_concurrent_runs")}
              />
            )}
          </FormField>
          <FormField
            label={say("Missed slots")}
            place="missed_policy"
            faults={faults}
            hint={say("Those that nothing could fire in time")}
          >
            {(field) => (
              <select {...field} value={values.missed_policy} onChange={set("missed_policy")}>
                <option value="skip">{say("Skip them")}</option>
                <option value="one">{say("Make up for the last")}</option>
                <option value="all">{say("Make up for all, 100 at most")}</option>
              </select>
            )}
          </FormField>
          <FormField label={say("When a run fails")} place="on_failure" faults={faults}>
            {(field) => (
              <select {...field} value={values.on_failure} onChange={set("on_failure")}>
                <option value="continue">{say("Fire the next slot")}</option>
                <option value="pause">{say("Pause the schedule")}</option>
              </select>
            )}
          </FormField>
          <FormField label={say("Description")} place="description" faults={faults} className="wide">
            {(field) => <input {...field} value={values.description} onChange={set("description")} />}
          </FormField>
          <FormField label={say("Input of each run (JSON)")} place="input_data" faults={faults} className="wide">
            {(field) => (
              <textarea {...field} rows={4} spellCheck={false} value={values.input_data} onChange={set("input_data")} />
            )}
          </FormField>
        </div>
        <div className="row">
          <button type="submit" className="btn main" aria-disabled={save.isPending}>
            {save.isPending ? say("Saving…") : schedule ? say("Save") : say("Create schedule")}
          </button>
          <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

function valuesOf(schedule: Schedule | undefined, zone: string) {
  return {
    name: schedule?.name ?? "",
    description: schedule?.description ?? "",
    workflow_id: schedule?.workflow_id ?? "",
    cron: schedule?.cron ?? "0 9 * * *",
    timezone: schedule?.timezone ?? zone,
    input_data: JSON.stringify(schedule?.input_data ?? {}, null, 2),
    max_concurrent_runs: String(schedule?.max_concurrent_runs ?? 1),
    on_failure: schedule?.on_failure ?? "continue" as const,
    missed_policy: schedule?.missed_policy ?? "one" as const,
  };
}

/** What is no number is sent as it is: the server says so at the field. */
function numberIn(text: string): number {
  const value = Number(text);
  return (text.trim() === "" || Number.isNaN(value) ? text : value) as number;
}
