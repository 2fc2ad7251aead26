/** What is asked about a delivery, and what the answer may be. */

/** Why a delivery was refused: value of `details.reason`, fit for a metric label. */
const FAULTS = {
  proof_missing: "the proof of its sender is absent",
  proof_malformed: "the proof of its sender has another form",
  proof_wrong: "no valid secret of the source fits",
  timestamp_missing: "its timestamp is absent",
  timestamp_malformed: "its timestamp has another form",
  timestamp_old: "it was signed too long ago",
  timestamp_future: "it was signed in the future",
  id_missing: "its id, which is signed, is absent",
  body_unsigned: "its signature does not cover a body of this type",
  secret_missing: "the source has no secret yet: enter the one that its sender gives",
} as const;

export type SourceFault = keyof typeof FAULTS;
export const SOURCE_FAULTS = Object.keys(FAULTS) as SourceFault[];

export interface SourceRequest {
  headers: Headers;
  method: string;
  /** The address that the sender was given, with its query as it came. */
  url: string;
  /** The bytes as they came; absent before they are read. */
  body?: Uint8Array;
}

/** A secret in clear, or the sender's public key; one without an end is valid until it is rotated. */
export interface SourceSecret {
  value: string;
  expiresAtMs?: number;
}

/** body_missing: all that is known without the body is right, and the rest of the proof is in it or made of it. */
export type Verdict = { ok: true; deliveryId?: string } | { ok: false; fault: SourceFault | "body_missing" };

/** The sentence for a refusal, without anything the sender sent. */
export function faultText(fault: SourceFault): string {
  return FAULTS[fault];
}
