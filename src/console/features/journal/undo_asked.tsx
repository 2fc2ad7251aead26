/** What the guard asks before an undo is made: a confirmation, or another administrator. */

import { When } from "../../ui/when.tsx";

export function Asked({ grade, expiresAt }: { grade: string; expiresAt: Date }) {
  return (
    <>
      <p className="alert">
        The undo is a <b>{grade}</b>{" "}
        change: this workspace asks for a confirmation of such changes. Nothing was sent yet.
      </p>
      <p className="muted">
        Asked until <When at={expiresAt} />.
      </p>
    </>
  );
}

export function SecondPerson({ requestId, expiresAt }: { requestId: string | null; expiresAt: Date }) {
  return (
    <>
      <p className="alert">
        A second person is needed: another administrator has to approve request{" "}
        {requestId}. Undo it again after that. Nothing was sent.
      </p>
      <p className="muted">
        The request waits until <When at={expiresAt} />.
      </p>
    </>
  );
}
