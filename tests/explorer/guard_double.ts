/** A guard in memory, with tokens bound to bytes and person, and a journal that writes down what passes. */

import { AppError } from "../../src/base/errors.ts";
import type { ChangeRecorder } from "../../src/changes/recorder.ts";
import type { Decision, Guard, GuardedRequest } from "../../src/guard/guard.ts";

type Answer = "allow" | "preview" | "second_person" | "deny";

export function guardDouble(answer: Answer) {
  const tokens = new Map<string, { bytes: string; used: boolean }>();
  const bytesOf = ({ person, installationId, request }: GuardedRequest) =>
    JSON.stringify([person, installationId, request]);
  const guard: Guard & { answer: Answer } = {
    answer,
    decide: (request) => {
      const expiresAt = new Date("2026-11-29T10:10:00Z");
      const decisions: Record<Answer, () => Decision> = {
        allow: () => ({ kind: "allow", grade: "routine" }),
        deny: () => ({ kind: "deny", grade: "routine", reason: "Cannot call it: this workspace denies it" }),
        second_person: () => ({ kind: "second_person", grade: "business", requestId: "7", expiresAt }),
        preview: () => {
          const confirmToken = crypto.randomUUID();
          tokens.set(confirmToken, { bytes: bytesOf(request), used: false });
          return { kind: "preview", grade: "routine", confirmToken, expiresAt };
        },
      };
      return Promise.resolve(request.operation.access === "read" ? decisions.allow() : decisions[guard.answer]());
    },
    refuse: ({ operation }) =>
      guard.answer === "deny" && operation.access === "write"
        ? Promise.reject(new AppError("CLOCKIFY_WRITE_DENIED", "Cannot call it: this workspace denies it"))
        : Promise.resolve(),
    redeem: (token, request) => {
      const known = tokens.get(token);
      const fits = known && !known.used && known.bytes === bytesOf(request);
      if (!fits) {
        return Promise.reject(
          new AppError("CONFIRM_TOKEN_INVALID", "Cannot confirm: the token is not of this request"),
        );
      }
      known.used = true;
      return Promise.resolve();
    },
  };
  return guard;
}

export function journalDouble() {
  const writes: Parameters<ChangeRecorder["write"]>[0][] = [];
  const recorder: ChangeRecorder = {
    write: (write, send) => {
      writes.push(write);
      return send(write);
    },
  };
  return { recorder, writes };
}
