/** A refusal of Clockify in a request of ours: what it means here, and what to do, behind what happened. */

import { AppError } from "../../base/errors.ts";
import type { RefusalReason } from "../../clockify/answer.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import { explain } from "../../explorer/explain.ts";

export interface ExplainedDeps {
  catalogue: Catalogue;
  profile: { scopes: readonly string[] };
}

/** Does the work; what Clockify refused is thrown with its explanation. */
export async function explained<Result>(
  work: () => Promise<Result>,
  { catalogue, profile }: ExplainedDeps,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "UPSTREAM_REJECTED") throw error;
    const { operation: name, reason, status, code } = error.details;
    const operation = catalogue.list().find(({ operationId }) => operationId === name);
    const meaning = operation && typeof reason === "string"
      ? explain(
        {
          kind: "refused",
          reason: reason as RefusalReason,
          retryable: false,
          error,
          ...(typeof status === "number" && { status }),
          ...(typeof code === "number" && { code }),
        },
        { operation, as: "addon", scopes: profile.scopes },
      )
      : undefined;
    if (!meaning) throw error;
    const text = meaning.text.replace(/\.$/, "");
    throw new AppError(error.code, `${error.message}. ${text}`, { details: error.details, cause: error });
  }
}
