/** AppError and the closed list of error codes; http/server/problem.ts maps each code to a status. */

export const ERROR_CODES = [
  "REQUEST_INVALID",
  "BODY_TOO_LARGE",
  "BODY_NOT_JSON",
  "BODY_TOO_SLOW",
  "JSON_TOO_DEEP",
  "CONTENT_ENCODING_UNSUPPORTED",
  "CONTENT_TYPE_UNSUPPORTED",
  "ROUTE_UNKNOWN",
  "METHOD_NOT_ALLOWED",
  "LOGIN_REQUIRED",
  "LOGIN_INVALID",
  "LOGIN_WRONG_ADDON",
  "ROLE_INSUFFICIENT",
  "CROSS_SITE",
  "WEBHOOK_SIGNATURE_MISSING",
  "WEBHOOK_SIGNATURE_INVALID",
  "WEBHOOK_WRONG_ADDON",
  "WEBHOOK_WRONG_WORKSPACE",
  "WEBHOOK_WRONG_EVENT",
  "LIFECYCLE_TOKEN_MISSING",
  "LIFECYCLE_TOKEN_INVALID",
  "INSTALLATION_UNKNOWN",
  "NOT_FOUND",
  "CONFLICT",
  "PRECONDITION_FAILED",
  "IDEMPOTENCY_KEY_INVALID",
  "IDEMPOTENCY_KEY_REUSED",
  "IDEMPOTENCY_KEY_IN_USE",
  "IDEMPOTENCY_ANSWER_NOT_KEPT",
  "CONFIRMATION_REQUIRED",
  "APPROVAL_REQUIRED",
  "APPROVAL_EXPIRED",
  "CONFIRM_TOKEN_INVALID",
  "CONFIRM_TOKEN_EXPIRED",
  "CONFIRM_TOKEN_USED",
  "CLOCKIFY_WRITE_DENIED",
  "FLOW_INVALID",
  "EXPRESSION_INVALID",
  "EXPRESSION_FAILED",
  "OPERATION_UNKNOWN",
  "OPERATION_INPUT_INVALID",
  "HOST_NOT_ALLOWED",
  "UPSTREAM_UNREACHABLE",
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_RESPONSE_TOO_LARGE",
  "UPSTREAM_RESPONSE_INVALID",
  "UPSTREAM_REJECTED",
  "UPSTREAM_FAILED",
  "UPSTREAM_RATE_LIMITED",
  "STEP_OUTPUT_TOO_LARGE",
  "STEP_UNCERTAIN",
  "UNDO_DONE",
  "UNDO_IN_PROGRESS",
  "UNDO_CONFLICT",
  "UNDO_IMPOSSIBLE",
  "FILTER_EMPTY",
  "RUN_LIMIT_REACHED",
  "FLOW_ENDED_RUN",
  "LOOP_DETECTED",
  "LEASE_LOST",
  "RATE_LIMITED",
  "STORAGE_FULL",
  "FEATURE_OFF",
  "OVERLOADED",
  "DATABASE_UNAVAILABLE",
  "DATA_FOLDER_LOCKED",
  "ENCRYPTION_KEY_UNKNOWN",
  "ENCRYPTED_VALUE_INVALID",
  "CONFIG_INVALID",
  "START_FAILED",
  "INTERNAL",
] as const;

/** Stable code of an error, which callers and clients may go by. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an AppError carries beside its code and sentence. */
export interface AppErrorOptions {
  /** True when the same call may succeed later. */
  retryable?: boolean;
  /** Facts for the reader and for machines; never a secret. */
  details?: Record<string, unknown>;
  /** The error that led here; it is logged and never answered. */
  cause?: unknown;
}

/** An error with a stable code. The message says the action first, then the present value: `Cannot claim job "42": lease ended 3 s ago`. */
export class AppError extends Error {
  /** Stable; http/server/problem.ts has its status. */
  readonly code: ErrorCode;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  /** Facts for the reader and for machines; never a secret. */
  readonly details: Record<string, unknown>;

  /** `message`: action first, then the present value; no full stop, no secret. */
  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** The value itself when it is an AppError, else an INTERNAL one that keeps it as cause. */
export function toAppError(error: unknown): AppError {
  return error instanceof AppError
    ? error
    : new AppError("INTERNAL", error instanceof Error ? error.message : "Unknown failure", { cause: error });
}
