/** Proof of a custom source's sender: what its headers prove before the body is read, and the rest after it. */

import type { Context } from "hono";
import { AppError } from "../../base/errors.ts";
import {
  type ChallengeAnswer,
  firstBodyChallenge,
  givesSecretInBody,
  wantsBareRefusal,
} from "../../sources/challenge.ts";
import { readFields } from "../../sources/body_fields.ts";
import { addressSha256, type SourceAddress } from "../../sources/known.ts";
import type { OpenedSource, OpenedSources, SourceAsker } from "../../sources/opened.ts";
import type { SourceRate } from "../../sources/rate.ts";
import { faultText, type SourceFault, type Verdict } from "../../sources/verdict.ts";
import { proofPlace, verifySource } from "../../sources/verify.ts";
import type { Profile } from "../../profiles/profile.ts";
import type { Clock } from "../../base/clock.ts";
import type { AppEnv } from "../server/app_env.ts";
import { senderKey } from "../server/body_account.ts";
import { type BodyLimits, readBody } from "../server/body.ts";

export interface SenderProofDeps {
  profile: Profile;
  body: Pick<BodyLimits, "maxBytes">;
  sources: OpenedSources;
  rate: SourceRate;
  clock: Clock;
}

export interface Proven {
  sent: Uint8Array;
  /** The delivery id, where the scheme signs one. */
  signedId: string | undefined;
  /** The sender's secret, which nothing proves yet. */
  question?: ChallengeAnswer;
}

/** The body of a sender at the source's key. What the headers alone prove, or fail to prove, is settled before it is read. */
export async function readProven(
  { req: { raw: request }, env: { hold } }: Context<AppEnv>,
  { source, maxBytes, nowMs, url }: { source: OpenedSource; maxBytes: number; nowMs: number; url: string },
  { profile, rate, sources }: Pick<SenderProofDeps, "profile" | "rate" | "sources">,
): Promise<Proven> {
  const { headers, method } = request;
  const { definition, secrets } = source;
  const { challenge } = definition.options;
  const verify = (body?: Uint8Array) =>
    verifySource(definition, { request: { headers, method, url, body }, secrets, nowMs });
  const waitsForSecret = secrets.length === 0 && givesSecretInBody(challenge);
  const early = waitsForSecret ? undefined : requireSender(verify(), { source, rate, sources });
  if (early) hold.knownAs(senderKey(profile, source.installation.workspaceId));
  const sent = await readBody(request, { maxBytes, hold });
  const question = waitsForSecret
    ? firstBodyChallenge(challenge, readFields(sent, headers.get("content-type")))
    : undefined;
  if (question) {
    rate.takeUnproven(source.id);
    return { sent, signedId: undefined, question };
  }
  const proven = early ?? requireSender(verify(sent), { source, rate, sources });
  return { sent, signedId: proven?.deliveryId };
}

/**
 * The verdict on a proven sender, with the delivery id where the scheme signs one; undefined where the rest of the proof is in
 * the body. Throws WEBHOOK_SIGNATURE_MISSING or WEBHOOK_SIGNATURE_INVALID, and RATE_LIMITED where too many came before.
 */
function requireSender(
  verdict: Verdict,
  { source, rate, sources }: { source: OpenedSource } & Pick<SenderProofDeps, "rate" | "sources">,
): { deliveryId?: string } | undefined {
  if (verdict.ok) return verdict;
  const { fault } = verdict;
  if (fault === "body_missing") return undefined;
  rate.takeUnproven(source.id);
  // A note for people: the answer does not wait for it.
  sources.noteRefusal(source, fault);
  const { definition } = source;
  throw new AppError(
    MISSING.has(fault) ? "WEBHOOK_SIGNATURE_MISSING" : "WEBHOOK_SIGNATURE_INVALID",
    `Cannot accept the event: ${faultText(fault)}${fault === "proof_missing" ? placeText(definition) : ""}`,
    {
      details: {
        reason: fault,
        // Some senders send their login only when they are asked for it (RFC 9110 section 11.6.1).
        ...(wantsBareRefusal(definition.options.challenge) && { bare: true }),
        ...(definition.scheme === "basic" && { authenticate: 'Basic realm="webhooks", charset="UTF-8"' }),
      },
    },
  );
}

const MISSING: ReadonlySet<SourceFault> = new Set(["proof_missing", "id_missing", "timestamp_missing"]);

/** Where it was looked for: who opens the address in a browser learns what it is for. */
function placeText(definition: OpenedSource["definition"]): string {
  const { header, query, body_path } = proofPlace(definition);
  if (header !== undefined) return ` (header ${header})`;
  if (query !== undefined) return ` (parameter ${query} of the address)`;
  return body_path === undefined ? "" : ` (field ${body_path} of the body)`;
}

interface Named extends Proven {
  source: OpenedSource;
}

/**
 * A source asked for by its name and workspace, with the body whose sender is proven. What a workspace calls its sources is
 * for its senders alone: a name that is none, and one whose sender proves nothing, are refused by the same words, after the
 * same work, at the end of the same second, and count alike for the address. No question in a query is answered here.
 */
export async function requireNamed(
  { req: { raw: request }, env: { hold } }: Context<AppEnv>,
  { address, asker, url }: { address: SourceAddress; asker: SourceAsker; url: string },
  { body: { maxBytes }, sources, clock }: Pick<SenderProofDeps, "body" | "sources" | "clock">,
): Promise<Named> {
  const { headers, method } = request;
  if (addressSha256(address) === undefined) throw noSource();
  let source = await sources.find(address, asker);
  const body = await readBody(request, { maxBytes, hold });
  const verify = (): Verdict | undefined =>
    source &&
    verifySource(source.definition, {
      request: { headers, method, url, body },
      secrets: source.secrets,
      nowMs: clock.now(),
    });
  let verdict = verify();
  if (!verdict?.ok) {
    await sources.afterLook();
    // Another instance may have made it a moment ago.
    source ??= await sources.find(address, asker);
    verdict = verify();
  }
  if (source && verdict?.ok) return { source, sent: body, signedId: verdict.deliveryId };
  asker.guesses.admit(asker.address);
  asker.guesses.failed(asker.address);
  throw new AppError(
    "WEBHOOK_SIGNATURE_INVALID",
    "Cannot accept the event: the workspace has no source of this name, or the proof of its sender is absent or wrong",
  );
}

export function noSource(): AppError {
  return new AppError("NOT_FOUND", "Cannot accept the event: there is no such source");
}
