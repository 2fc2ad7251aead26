/** What the guard asks before an undo is made: a confirmation, or another administrator. */

import { gradeWord } from "../explorer/words.ts";
import { When } from "../../ui/when.tsx";
import { Say } from "../../words/say_parts.tsx";

export function Asked({ grade, expiresAt }: { grade: string; expiresAt: Date }) {
  return (
    <>
      <p className="alert">
        <Say
          text="The undo is a <b>{grade}</b> change: this workspace asks for a confirmation of such changes. Nothing was sent yet."
          values={{ grade: gradeWord(grade) }}
        />
      </p>
      <p className="muted">
        <Say text="Asked until {when}." values={{ when: <When at={expiresAt} /> }} />
      </p>
    </>
  );
}

export function SecondPerson({ requestId, expiresAt }: { requestId: string | null; expiresAt: Date }) {
  return (
    <>
      <p className="alert">
        <Say
          text="A second person is needed: another administrator has to approve request {request}. Undo it again after that. Nothing was sent."
          values={{ request: requestId }}
        />
      </p>
      <p className="muted">
        <Say text="The request waits until {when}." values={{ when: <When at={expiresAt} /> }} />
      </p>
    </>
  );
}
