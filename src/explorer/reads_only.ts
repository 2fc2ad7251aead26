/** Stands where there is no guard: nothing is written by hand. */

import { operationKey } from "../clockify/operations.ts";
import type { ChangeRecorder, Guard } from "./ports.ts";
import { AppError } from "../base/errors.ts";

export const readsOnly: Guard = {
  decide: ({ operation }) =>
    Promise.resolve(
      operation.access === "read" ? { kind: "allow", grade: "read" } : {
        kind: "deny",
        grade: "routine",
        reason: `Cannot call ${operationKey(operation)}: this version writes nothing by hand`,
      },
    ),
  redeem: () => Promise.reject(new AppError("FEATURE_OFF", "Cannot confirm: this version writes nothing by hand")),
};

export const unrecorded: ChangeRecorder = {
  write: (write, send) => send(write),
};
