/** Undoes one change: preview, and the calls, which are recorded as changes themselves. */

import { AppError, type ErrorCode, toAppError } from "../base/errors.ts";
import type { CallOrigin } from "../clockify/call_origin.ts";
import type { ClockifyAnswer } from "../clockify/client.ts";
import { type Fields, isFields, type ObjectWrite, type UndoCall, type WriteParts } from "../clockify/object_write.ts";
import { objectWriteNamed } from "../clockify/object_writes.ts";
import { type Catalogue, type Operation, pathParamsOf } from "../clockify/operations.ts";
import { operationPath } from "../clockify/request.ts";
import type { Asked, UndoGuard } from "./guard_port.ts";
import { isGone, operationNamed, readObject, type Send } from "./read_object.ts";
import type { ChangeRecorder } from "./recorder.ts";
import { type Change, type ChangeStore, changeUnknown } from "./store.ts";
import type { UndoClaims } from "./undo_claims.ts";
import { notRead, planUndo, type UndoPlan } from "./undo_plan.ts";

export interface UndoInstallation {
  id: number;
  workspaceId: string;
  generation?: number;
}

export interface UndoRequest {
  installation: UndoInstallation;
  changeId: number;
  /** Clockify user id, or "operator:<name>". */
  person: string;
  /** Take also fields that others changed since. */
  all?: boolean;
  /** Of the guard's preview. */
  confirmToken?: string;
  /** A person has confirmed this undo with others, by their count. */
  isConfirmed?: boolean;
  /** "interactive" where a person waits. */
  priority: "interactive" | "bulk";
  signal?: AbortSignal;
}

export type Undone =
  /** `undoId`: the change that it is; `entityId` that of an object that was made once more. */
  | { outcome: "undone"; undoId: number | null; entityId: string | null; incomplete: string[] }
  | { outcome: "nothing"; reason: string }
  /** The guard asks for a confirmation, or for a second person: nothing was sent. */
  | { outcome: "preview"; grade: string; confirmToken: string; expiresAt: Date }
  | { outcome: "second_person"; grade: string; requestId: string; expiresAt: Date };

export interface Undo {
  /** What an undo would do now; reads the object, which is a call. Throws NOT_FOUND, and what the call came to. */
  preview(request: Omit<UndoRequest, "confirmToken">): Promise<{ change: Change; plan: UndoPlan }>;
  /** The object as it is now; undefined when it is gone or Clockify shows it nowhere. Throws as preview(). */
  current(
    request: Omit<UndoRequest, "confirmToken">,
  ): Promise<{ change: Change; now: Fields | undefined; isKnown: boolean }>;
  /**
   * Throws NOT_FOUND, UNDO_DONE, UNDO_IN_PROGRESS (another is at it, or an earlier undo's answer is not known), UNDO_CONFLICT
   * (`details.faults` names what others changed), UNDO_IMPOSSIBLE, what the guard refuses with, and what the call came to.
   */
  undo(request: UndoRequest): Promise<Undone>;
}

export interface UndoOptions {
  store: Pick<ChangeStore, "find">;
  claims: UndoClaims;
  recorder: ChangeRecorder;
  catalogue: Catalogue;
  /** Makes calls for the installation. Throws INSTALLATION_UNKNOWN. */
  caller(request: Pick<UndoRequest, "installation" | "priority" | "signal">, origin: CallOrigin): Promise<Send>;
  /** Absent: every undo may be made. */
  guard?: UndoGuard;
  /**
   * Does the work of an undo, from its read to its last call, in the turn of the change's object among the writes of this
   * process. Absent: at once.
   */
  inTurn?<Result>(
    change: Pick<Change, "operationKey" | "params" | "entityId">,
    request: Pick<UndoRequest, "installation" | "signal">,
    work: () => Promise<Result>,
  ): Promise<Result>;
}

export function createUndo(options: UndoOptions): Undo {
  const { store, claims, recorder, catalogue, caller, guard, inTurn = (_change, _request, work) => work() } = options;

  async function look(request: Omit<UndoRequest, "confirmToken">) {
    const { installation, changeId, person, all = false } = request;
    const change = await store.find(installation.id, changeId);
    if (!change) throw changeUnknown(changeId);
    const row = objectWriteNamed(change.operationKey);
    const origin: CallOrigin = { kind: "undo", name: person, changeId };
    const send = await caller(request, origin);
    let parts = partsOfChange(change, row, installation);
    let now: Fields | undefined;
    let isKnown = false;
    if (row.read && (change.entityId !== null || row.id === undefined)) {
      isKnown = true;
      now = await readNow({ row, parts, send });
      for (let hops = 0; now === undefined && row.undo.kind === "restore" && hops < MAX_HOPS; hops++) {
        const successor = await claims.successorOf(installation.id, {
          entityType: change.entityType,
          entityId: parts.id,
        });
        if (successor === undefined) break;
        parts = withId(parts, row, successor);
        now = await readNow({ row, parts, send });
      }
    }
    return { change, row, parts, now, isKnown, all, origin, send };
  }

  async function readNow({ row, parts, send }: { row: ObjectWrite; parts: WriteParts; send: Send }) {
    const answer = await readObject({ row: { ...row, read: row.readNow ?? row.read }, parts, catalogue, send });
    if (answer.kind === "ok" && isFields(answer.data)) return answer.data;
    if (isGone(answer)) return undefined;
    throw failureOf(answer);
  }

  async function execute(
    looked: Awaited<ReturnType<typeof look>>,
    { plan, request, claim }: { plan: UndoPlan; request: UndoRequest; claim: string },
  ): Promise<Undone> {
    const { change, row, parts, now, origin, send } = looked;
    const { installation } = request;
    const callId = crypto.randomUUID();
    let undoId: number | null = null;
    const make = async (call: UndoCall, { isMain }: { isMain: boolean }) => {
      return await recorder.write({
        operation: operationOf(call, catalogue),
        pathParams: call.pathParams,
        queryParams: call.queryParams ?? {},
        body: call.body,
        installation,
        origin,
        undoOf: change.id,
        isPart: !isMain,
        callId,
        // As it was before all of it, with what only prepares.
        before: isMain && (plan.kind === "restore" || plan.kind === "remove") ? now : undefined,
        onStored: isMain ? ([id]) => undoId = id ?? null : undefined,
      }, send);
    };
    let made: ClockifyAnswer | undefined;
    for (const [index, call] of plan.calls.entries()) {
      const isMain = index === plan.main;
      await claims.renew(installation.id, change.id, claim);
      const answer = await make(call, { isMain });
      if (answer.kind !== "ok") throw failureOf(answer);
      if (isMain) made = answer;
    }
    const incomplete: string[] = [];
    let entityId: string | null = null;
    if (row.undo.kind === "recreate" && made?.kind === "ok" && isFields(made.data) && change.before) {
      const id = made.data.id;
      if (typeof id === "string") {
        entityId = id;
        const follow = row.undo.then?.({ ...parts, before: change.before, now, fields: [], id, made: made.data }) ?? [];
        let became: Fields | undefined;
        // It is undone from here on: what follows is no other undo's to make, and needs no claim.
        for (const call of follow) {
          const refused = await refusedFollow(call, plan, request);
          if (refused !== undefined) {
            incomplete.push(`${call.operation}: ${refused}`);
            continue;
          }
          const answer = await make(call, { isMain: false });
          if (answer.kind !== "ok") incomplete.push(`${call.operation}: ${failureOf(answer).message}`);
          else if (isFields(answer.data) && answer.data.id === id) became = answer.data;
        }
        // What it became is all of it: by that it is seen whether others changed it.
        if (became && undoId !== null) await claims.became(installation.id, undoId, became);
      }
    }
    return { outcome: "undone", undoId, entityId, incomplete };
  }

  async function make(request: UndoRequest, claim: string): Promise<Undone> {
    const looked = await look(request);
    const plan = whyNot(looked.change) ?? planUndo(looked);
    if (plan.outcome === "impossible") throw refusal("UNDO_IMPOSSIBLE", looked.change, plan.reason!);
    if (plan.outcome === "conflict") {
      const faults = plan.fields.filter(({ outcome }) => outcome === "conflict").map(({ field }) => ({
        path: field,
        message: "was changed by others since",
      }));
      throw refusal("UNDO_CONFLICT", looked.change, plan.reason!, { faults });
    }
    if (plan.outcome === "nothing") {
      return { outcome: "nothing", reason: plan.reason ?? "there is nothing to undo" };
    }
    const asked = await confirmed(request, plan, { guard, catalogue });
    if (asked) return asked;
    return await execute(looked, { plan, request, claim });
  }

  /** Why a call that was not foreseen is not made: the guard was asked about the others before. */
  async function refusedFollow(
    call: UndoCall,
    { follows }: UndoPlan,
    { installation, isConfirmed = false }: UndoRequest,
  ): Promise<string | undefined> {
    if (!guard || follows.some(({ operation }) => operation === call.operation)) return undefined;
    const asked = await guard.askedOf(installation.id, operationOf(call, catalogue));
    return needsMore(asked, isConfirmed) ? "the workspace's guard asks for more than this undo has" : undefined;
  }

  return {
    preview: async (request) => {
      const looked = await look(request);
      return { change: looked.change, plan: whyNot(looked.change) ?? planUndo(looked) };
    },
    current: async (request) => {
      const { change, now, isKnown } = await look(request);
      return { change, now, isKnown };
    },
    async undo(request) {
      const { installation, changeId } = request;
      const claim = await claims.claim(installation.id, changeId);
      try {
        const change = await store.find(installation.id, changeId);
        if (!change) throw changeUnknown(changeId);
        return await inTurn(change, request, () => make(request, claim));
      } finally {
        // Where it is undone, the claim is over with it.
        await claims.release(installation.id, changeId, claim);
      }
    },
  };
}

/** Objects that were made once more, one after the other. */
const MAX_HOPS = 5;

/** The plan of a change whose state or record leaves nothing to plan. */
function whyNot(change: Change): UndoPlan | undefined {
  const reason = change.state === "refused"
    ? "Clockify refused it, so that nothing was changed"
    : change.state === "sending"
    ? "it is being made"
    : change.undoneBy !== null
    ? `it was undone by change ${change.undoneBy}`
    : undefined;
  if (reason === undefined) return isPart(change);
  return { kind: "none", outcome: "impossible", reason, fields: [], loses: [], calls: [], main: 0, follows: [] };
}

function isPart(change: Change): UndoPlan | undefined {
  if (change.origin !== "undo" || change.undoable || change.state !== "done") return undefined;
  const row = objectWriteNamed(change.operationKey);
  const reason = row.undo.kind === "none"
    ? row.undo.reason
    : change.beforeState === "read" || change.beforeState === "none"
    ? `it is a part of the undo of change ${change.undoOf ?? "another"}, and is taken back with it`
    : notRead(change);
  return { kind: row.undo.kind, outcome: "impossible", reason, fields: [], loses: [], calls: [], main: 0, follows: [] };
}

/** The parameters of a change, in the order of its path. */
export function partsOfChange(change: Change, row: ObjectWrite, { workspaceId }: { workspaceId: string }): WriteParts {
  const names = pathParamsOf(change.operationKey.split(" ")[1] ?? "").filter((name) => name !== "workspaceId");
  const parts: WriteParts = {
    workspaceId,
    pathParams: Object.fromEntries(names.map((name) => [name, change.params.path[name]])),
    queryParams: change.params.query,
    sent: change.sent ?? undefined,
    id: change.entityId ?? undefined,
  };
  return row.items && change.entityId !== null ? withId(parts, row, change.entityId) : parts;
}

function withId(parts: WriteParts, { id: name }: ObjectWrite, id: string): WriteParts {
  const named = name !== undefined && name !== "answer" && name in parts.pathParams;
  return { ...parts, id, pathParams: named ? { ...parts.pathParams, [name]: id } : parts.pathParams };
}

/**
 * What is asked of an undo before it is made: one confirmation stands for all of its calls. Its own preview is enough for
 * routine writes; a job's is that of its start. Throws CLOCKIFY_WRITE_DENIED, and what the token is refused with.
 */
async function confirmed(
  request: UndoRequest,
  plan: UndoPlan,
  { guard, catalogue }: { guard?: UndoGuard; catalogue: Catalogue },
): Promise<Extract<Undone, { outcome: "preview" | "second_person" }> | undefined> {
  if (!guard) return undefined;
  const { installation: { id: installationId, workspaceId }, person, confirmToken, isConfirmed = false } = request;
  const asking: { operation: Operation; call: UndoCall; asked: Asked }[] = [];
  for (const call of [...plan.calls, ...plan.follows]) {
    const operation = operationOf(call, catalogue);
    const asked = await guard.askedOf(installationId, operation, namedBy(call, plan));
    if (needsMore(asked, isConfirmed)) asking.push({ operation, call, asked });
  }
  const graveness = ({ asked: { outcome } }: (typeof asking)[number]) => ORDER.indexOf(outcome);
  // The gravest; of equal ones what the undo is about.
  const [gravest] = asking.toSorted((a, b) =>
    graveness(b) - graveness(a) || Number(b.call === plan.calls[plan.main]) - Number(a.call === plan.calls[plan.main])
  );
  if (!gravest) return undefined;
  const { operation, call, asked: { outcome } } = gravest;
  if (isConfirmed && outcome === "second_person") {
    const why = "a second person has to approve it; undo it by itself";
    throw new AppError("CLOCKIFY_WRITE_DENIED", `Cannot undo change ${request.changeId} in a job: ${why}`);
  }
  const path = operationPath(operation, call.pathParams, workspaceId);
  const sent = { method: operation.method, path, query: call.queryParams ?? {}, body: call.body ?? null };
  const guarded = { installationId, workspaceId, person, operation, request: sent, named: namedBy(call, plan) };
  if (confirmToken !== undefined && outcome !== "deny") {
    await guard.redeem(confirmToken, guarded);
    return undefined;
  }
  const decision = await guard.decide(guarded);
  switch (decision.kind) {
    case "allow":
      return undefined;
    case "deny":
      throw new AppError("CLOCKIFY_WRITE_DENIED", decision.reason);
    case "preview": {
      const { grade, expiresAt, confirmToken } = decision;
      return { outcome: "preview", grade, expiresAt, confirmToken };
    }
    case "second_person": {
      const { grade, expiresAt, requestId } = decision;
      return { outcome: "second_person", grade, expiresAt, requestId };
    }
  }
}

/** What of its body the call is about: of a full replace the fields that are put back. What only prepares or follows names none. */
function namedBy(call: UndoCall, { kind, calls, main, fields }: UndoPlan): unknown {
  if (call !== calls[main]) return undefined;
  if (kind !== "restore") return call.body;
  const back = fields.filter(({ outcome }) => outcome === "restored" || outcome === "conflict");
  return Object.fromEntries(back.map(({ field }) => [field, true]));
}

/** From the mildest to the strictest. */
const ORDER: readonly Asked["outcome"][] = ["allow", "preview", "second_person", "deny"];

function needsMore({ grade, outcome }: Asked, isConfirmed: boolean): boolean {
  if (outcome === "allow") return false;
  return outcome !== "preview" || (grade !== "routine" && !isConfirmed);
}

function operationOf({ operation }: UndoCall, catalogue: Catalogue): Operation {
  return operationNamed(operation, catalogue)!;
}

function refusal(
  code: ErrorCode,
  { id }: Change,
  reason: string,
  details?: Record<string, unknown>,
): AppError {
  return new AppError(code, `Cannot undo change ${id}: ${reason}`, { details });
}

/** What a call came to, as an error. */
export function failureOf(answer: ClockifyAnswer): AppError {
  if (answer.kind === "limited") {
    const { retryInMs } = answer;
    return new AppError("UPSTREAM_RATE_LIMITED", "Cannot undo now: the workspace's calls to Clockify are used up", {
      retryable: true,
      details: { retryInMs },
    });
  }
  if (answer.kind === "ok") {
    return new AppError("UPSTREAM_RESPONSE_INVALID", "Cannot read the object: Clockify did not show it");
  }
  return toAppError(answer.error);
}
