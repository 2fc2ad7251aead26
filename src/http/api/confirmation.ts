/** The problem that a request is answered with that has to be confirmed, or approved by a second person, before it is done. */

import { AppError } from "../../base/errors.ts";
import type { Decision } from "../../guard/guard.ts";

/**
 * CONFIRMATION_REQUIRED or APPROVAL_REQUIRED, both 428, with `confirmation`: kind, grade, expires_at, confirm_token or
 * request_id, and `shown`. CLOCKIFY_WRITE_DENIED of a denial. `action` completes "Cannot ...".
 */
export function confirmationProblem(
  decision: Exclude<Decision, { kind: "allow" }>,
  { action, ...shown }: { action: string } & Record<string, unknown>,
): AppError {
  const { kind, grade } = decision;
  switch (decision.kind) {
    case "deny":
      return new AppError("CLOCKIFY_WRITE_DENIED", decision.reason);
    case "second_person":
      return new AppError(
        "APPROVAL_REQUIRED",
        `Cannot ${action} yet: another administrator has to approve request "${decision.requestId}"; send the same again then`,
        {
          details: {
            confirmation: {
              kind,
              grade,
              request_id: decision.requestId,
              expires_at: decision.expiresAt.toISOString(),
              ...shown,
            },
          },
        },
      );
    case "preview":
      return new AppError(
        "CONFIRMATION_REQUIRED",
        `Cannot ${action} yet: look at what it would do, and send the same again with confirm_token`,
        {
          details: {
            confirmation: {
              kind,
              grade,
              confirm_token: decision.confirmToken,
              expires_at: decision.expiresAt.toISOString(),
              ...shown,
            },
          },
        },
      );
  }
}
