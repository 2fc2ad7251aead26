/** What somebody confirms or approves: a request, the publication of a flow or a change of the policy, and the hash that binds a confirmation to it. */

import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Operation } from "../clockify/operations.ts";
import { redactTokens } from "../telemetry/redact.ts";
import type { Grade } from "./grades.ts";

/** One request to Clockify that a person asks for. */
export interface GuardedRequest {
  installationId: number;
  workspaceId: string;
  /** Clockify user id, or "operator:<name>". */
  person: string;
  operation: Operation;
  /**
   * As it will be sent. `path` with its values; `query` the text behind "?", or a JSON value; `body` the text or the bytes that
   * will be sent: of any other value its JSON text counts. What is confirmed is compared byte for byte.
   */
  request: { method: string; path: string; query: unknown; body: unknown };
  /** The part of the body that its caller wrote, of which the grade depends; the rest was read, and stays as it is. */
  named?: unknown;
  /** Whose rights it uses: the add-on's own, or those of the person; absent: the add-on's. */
  as?: "addon" | "viewer";
}

/** policy: a change of the policy itself, where a second person has to agree to it. */
export const SUBJECT_KINDS = ["call", "flow", "policy"] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

export interface Subject {
  kind: SubjectKind;
  installationId: number;
  /** Who asks, as GuardedRequest.person. */
  person: string;
  grade: Grade;
  /** One line that names it: "DELETE /v1/workspaces/…/tags/…". */
  title: string;
  /** Hex; of another request or flow it is another one. */
  sha256: string;
  /** What a second person is shown: JSON. */
  shown: unknown;
}

/** A call as it will be sent, byte for byte: a space more in its body is another call. */
export function callSubject(
  { installationId, person, operation, request, as = "addon" }: GuardedRequest,
  grade: Grade,
): Subject {
  const { method, path, query, body } = request;
  const parts = [operation.service, as, method, path, canonical(query), canonical(body)];
  return {
    kind: "call",
    installationId,
    person,
    grade,
    // It is stored in clear: who put a token in the place of an id does not find it here.
    title: `${method} ${redactTokens(path)}`,
    sha256: hashOf("call", parts),
    shown: { operation_id: operation.operationId, as, method, path, query: shownValue(query), body: shownValue(body) },
  };
}

/** The publication of a flow, by its definition as people may see it: a secret in it is "[redacted]" in any case. */
export function flowSubject(
  { installationId, person, flowId, definition, grade, steps }: {
    installationId: number;
    person: string;
    /** Null: the flow is made. */
    flowId: number | null;
    definition: { name: string };
    grade: Grade;
    /** What of it asks for the confirmation. */
    steps: unknown;
  },
): Subject {
  const id = flowId === null ? null : String(flowId);
  return {
    kind: "flow",
    installationId,
    person,
    grade,
    title: flowId === null ? `New flow "${definition.name}"` : `Flow ${id} "${definition.name}"`,
    sha256: hashOf("flow", [id, JSON.stringify(definition)]),
    shown: { flow_id: id, definition, steps },
  };
}

/** A change of the policy, at the version that it is made to. */
export function policySubject(
  { installationId, person, version, change, left, grade }: {
    installationId: number;
    person: string;
    version: number;
    change: unknown;
    /** What no longer needs a second person. */
    left: unknown;
    grade: Grade;
  },
): Subject {
  return {
    kind: "policy",
    installationId,
    person,
    grade,
    title: `Change of the guard at version ${version}`,
    sha256: hashOf("policy", [version, JSON.stringify(change)]),
    shown: { version, change, left },
  };
}

type Canonical = null | ["text" | "bytes" | "json", string];

/** Text and bytes count as they are, all else as its JSON text. The kinds are apart: the text "1" is not the number. */
function canonical(value: unknown): Canonical {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return ["text", value];
  if (value instanceof Uint8Array) return ["bytes", Buffer.from(value).toString("base64")];
  return ["json", JSON.stringify(value) ?? ""];
}

/** JSON text is shown as what it says; bytes by their number alone. */
function shownValue(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return { bytes: value.byteLength };
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function hashOf(kind: SubjectKind, parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify([kind, ...parts])).digest("hex");
}
