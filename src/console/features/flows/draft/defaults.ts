/** A flow as it may be sent, with what it leaves out filled in: as the server stores it. Pure. */

import { type FlowJson, isObject, type StepJson } from "./json.ts";

const ACTION = { on_uncertain: "retry" };
/** By the type of an action, then by the kind of a control step. */
const DEFAULTS: Readonly<Record<string, Record<string, unknown>>> = {
  clockify: { ...ACTION, path_params: {}, query_params: {} },
  http: { ...ACTION, method: "POST", headers: {}, query: {}, timeout_ms: 10_000 },
  transform: ACTION,
  variables: ACTION,
  emit_event: ACTION,
  run_flow: { ...ACTION, wait: true },
  branch: { otherwise: [] },
  parallel: { join: "all" },
  loop: { max_items: 1_000, at_once: 1, on_error: "stop" },
  approval: { roles: [], ask: [], approved: [] },
  try: { finally: [] },
  end: { outcome: "success" },
};
const GATES: Readonly<Record<string, Record<string, unknown>>> = {
  concurrency: { when_full: "queue" },
  throttle: { when_over: "skip" },
};
const LISTS = ["actions", "otherwise", "on_error", "finally", "ask", "approved", "rejected", "expired"];

export function withDefaults(flow: Record<string, unknown>): FlowJson {
  const { name = "", trigger_event_types = [], triggers, conditions = null, actions, ordered = false, ...rest } = flow;
  return {
    ...rest,
    ...gatesOf(rest),
    name,
    enabled: false,
    trigger_event_types,
    ...(isObject(triggers) && { triggers: triggersOf(triggers) }),
    conditions,
    actions: stepsOf(actions, ""),
    ordered,
  } as unknown as FlowJson;
}

function gatesOf(flow: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(GATES).filter(([gate]) => isObject(flow[gate]));
  return Object.fromEntries(given.map(([gate, whole]) => [gate, { ...whole, ...flow[gate] as object }]));
}

function triggersOf({ schedules, manual, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const objects = (list: unknown) => (Array.isArray(list) ? list : []).filter(isObject);
  return {
    ...rest,
    ...(Array.isArray(schedules) && {
      schedules: objects(schedules).map((one) => ({ zone: "UTC", missed: "one", ...one })),
    }),
    ...(isObject(manual) && {
      manual: { inputs: objects(manual.inputs).map((one) => ({ label: one.name, required: false, ...one })) },
    }),
  };
}

function stepsOf(steps: unknown, below: string): StepJson[] {
  return (Array.isArray(steps) ? steps : []).map((step, index) =>
    stepOf(step as Record<string, unknown>, below === "" ? `action_${index + 1}` : `${below}_${index + 1}`)
  );
}

function stepOf(step: Record<string, unknown>, freeId: string): StepJson {
  const { kind, ...rest } = step;
  const isControl = kind !== undefined && kind !== "action";
  const type = isControl ? undefined : rest.type ?? "clockify";
  const id = String(rest.id ?? freeId);
  const whole: Record<string, unknown> = {
    ...DEFAULTS[String(isControl ? kind : type)],
    ...rest,
    id,
    ...(isControl ? { kind } : { type }),
  };
  for (const list of LISTS) if (Array.isArray(whole[list])) whole[list] = stepsOf(whole[list], `${id}_${list}`);
  for (const list of ["cases", "branches"]) {
    if (!Array.isArray(whole[list])) continue;
    whole[list] = (whole[list] as Record<string, unknown>[]).map((member, index) => ({
      ...member,
      actions: stepsOf(member.actions, `${id}_${index + 1}`),
    }));
  }
  if (isObject(whole.remind)) {
    whole.remind = { ...whole.remind, actions: stepsOf(whole.remind.actions, `${id}_remind`) };
  }
  return whole as unknown as StepJson;
}
