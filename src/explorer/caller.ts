/** Who executes a call, and whose rights it is made with. */

import { AppError } from "../base/errors.ts";
import type { Operation } from "../clockify/operations.ts";
import type { Credentials, CredentialSource } from "../installations/credentials.ts";

export interface Caller {
  kind: "user" | "operator";
  /** Clockify user id, or the operator's name. */
  name: string;
  role: "admin" | "member";
  installation: { id: number; addon: string; workspaceId: string; generation: number };
  /** The token that a user logged in with: of this add-on, this workspace and this user. A secret. */
  token?: string;
}

/**
 * Whose rights are used. What the add-on may read is more than what a member may: a member calls as himself, always. An
 * admin calls as the add-on, and as himself where he asks for it, or where the operation is about the caller (it names no
 * workspace, as GET /v1/user). Throws ROLE_INSUFFICIENT and REQUEST_INVALID.
 */
export function rightsOf(
  { kind, role }: Pick<Caller, "kind" | "role">,
  { operation, wanted }: { operation: Operation; wanted: "addon" | "viewer" | undefined },
): "addon" | "viewer" {
  if (kind === "operator") {
    if (wanted !== "viewer") return "addon";
    throw new AppError(
      "REQUEST_INVALID",
      'Cannot call as the viewer: an operator\'s key is no user; "as" must be "addon"',
    );
  }
  if (role === "member") {
    if (wanted !== "addon") return "viewer";
    throw new AppError(
      "ROLE_INSUFFICIENT",
      "Cannot call as the add-on: members call with their own rights in Clockify",
    );
  }
  return wanted ?? (operation.pathParams.includes("workspaceId") ? "addon" : "viewer");
}

/** Throws INSTALLATION_UNKNOWN, and CONFLICT while the add-on is switched off. */
export async function credentialsOf(
  { installation, token }: Caller,
  { credentials, as }: { credentials: Pick<CredentialSource, "find">; as: "addon" | "viewer" },
): Promise<Credentials> {
  const found = await credentials.find(installation.id, installation.generation);
  if (found.kind === "waiting") {
    throw new AppError("CONFLICT", `Cannot call Clockify: ${found.reason}`, { retryable: true });
  }
  if (found.kind === "gone" || found.credentials.workspaceId !== installation.workspaceId) {
    throw new AppError("INSTALLATION_UNKNOWN", "Cannot call Clockify: the add-on is not installed in the workspace");
  }
  if (as === "addon") return found.credentials;
  return { ...found.credentials, token: token!, renewToken: undefined };
}
