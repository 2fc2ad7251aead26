/** Who made a change, as the journal names them. */

export type WriteOrigin =
  | { kind: "flow"; runId: string; flowId: number; version?: number; stepPath: string }
  /** `name`: Clockify user id, or "operator:<name>". */
  | { kind: "person"; name: string; via: "explorer" | "api_call" }
  | { kind: "undo"; name: string; changeId: number };
