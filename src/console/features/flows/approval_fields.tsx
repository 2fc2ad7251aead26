/** The form of an approval: who is asked, what they read, until when, and what happens without an answer. */

import type { ApprovalJson } from "./draft/json.ts";
import { addLane, removeLane } from "./draft/lanes.ts";
import { at } from "./draft/paths.ts";
import { roleWords } from "./draft/sentences.ts";
import { setControl } from "./draft/steps.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";
import type { ControlFieldsProps } from "./control_props.ts";
import { useEditor } from "./editor_context.tsx";
import { Fold } from "./fold.tsx";
import { EntityField } from "./entity_field.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { OptionalLanes } from "./optional_lanes.tsx";
import { Check, DurationField } from "./small_fields.tsx";

/** Who may decide by what they are in the workspace, as flows name it. */
const ROLES: readonly (readonly [string, string])[] = [
  ["OWNER", say("The owner")],
  ["WORKSPACE_ADMIN", say("Any workspace admin")],
  ["PROJECT_MANAGER", say("Any project manager")],
  ["TEAM_MANAGER", say("Any team manager")],
];

export function ApprovalFields({ step, control, place, set }: ControlFieldsProps<ApprovalJson>) {
  const { draft, change, readOnly } = useEditor();
  const { session: { actor } } = useSignedIn();
  const people = Array.isArray(control.people) ? control.people as string[] : undefined;
  const reminder = step.lanes.find(({ list }) => list === "remind");
  const remind = (wanted: boolean) => {
    const withLane = wanted ? addLane(draft, step.key, "remind") : reminder ? removeLane(draft, reminder.key) : draft;
    change(setControl(withLane, step.key, { remind: wanted ? { after: "1 d" } : undefined }));
  };
  const canAddMe = readOnly === null && actor.kind === "user" && people !== undefined && !people.includes(actor.id);
  return (
    <>
      <div className="fl-people">
        <EntityField
          label={say("People who may decide")}
          place={at(place, "people")}
          value={control.people}
          kind="json"
          onValue={(value) => set({ people: value ?? [] }, at(place, "people"))}
          entityType="user"
          isList
        />
        {canAddMe && (
          <button type="button" className="btn small" onClick={() => set({ people: [...people, actor.id] })}>
            {say("Ask me")}
          </button>
        )}
      </div>
      <Fold
        places={[at(place, "roles")]}
        summary={control.roles.length === 0
          ? say("Others, by their role")
          : say("Others too: {roles}", { roles: control.roles.map(roleWords).join(", ") })}
        isStack
      >
        {ROLES.map(([role, label]) => (
          <Check
            key={role}
            label={label}
            checked={control.roles.includes(role)}
            place={at(place, "roles")}
            onCheck={(wanted) =>
              set({ roles: wanted ? [...control.roles, role] : control.roles.filter((one) => one !== role) })}
          />
        ))}
      </Fold>
      <ExpressionField
        label={say("What they read")}
        place={at(place, "note")}
        value={control.note}
        kind="text"
        onValue={(note) => set({ note }, at(place, "note"))}
        placeholder={say("For example: is this long entry right?")}
      />
      <div className="fl-fields">
        <DurationField
          label={say("Answer within")}
          place={at(place, "deadline")}
          value={control.deadline}
          onValue={(deadline) => set({ deadline }, at(place, "deadline"))}
        />
        {control.remind && (
          <DurationField
            label={say("Remind after")}
            place={at(at(place, "remind"), "after")}
            value={control.remind.after}
            onValue={(after) => set({ remind: { after } }, at(at(place, "remind"), "after"))}
          />
        )}
      </div>
      <Check
        label={say("Send a reminder")}
        about={say(": steps of its own")}
        checked={reminder !== undefined}
        onCheck={remind}
      />
      <OptionalLanes
        step={step}
        lists={[
          ["rejected", say("Rejected: do something, and continue"), say("; without it the run is cancelled")],
          ["expired", say("No answer in time: do something, and continue"), say("; without it the run fails")],
        ]}
      />
    </>
  );
}
