/** Names of fields, headers and parameters whose values are secret: one list for what is received and what is sent. */

import { createBoundedCache } from "../base/bounded_cache.ts";

/** Ends of names, in small letters and without the signs between their words: those of the earlier service and more. */
const SECRET_END = new RegExp(
  `(?:${
    [
      "token|password|passwd|passphrase|passcode|pwd|secret|authorization|signature|cookie|credential|jwt",
      "(?:api|access|private|secret|signing|shared|auth|master|encryption)key",
      "sessionid|connectionstring|databaseurl|pincode|bearer|secretkeybase",
    ].join("|")
  })s?$`,
);
/** Too short to be looked for at the end of a longer word: a spin, a mapping. */
const SECRET_LAST_WORD = /(?:^|[^a-z0-9])(?:pin|otp|cvv|cvc|ssn|dsn)$/i;
const SECRET_LAST_CAMEL_WORD = /[a-z0-9](?:P(?:in|IN)|O(?:tp|TP)|C(?:vv|VV|vc|VC)|S(?:sn|SN)|D(?:sn|SN))$/;

/** A name is judged by its end: a sender may make one as long as a body. */
const MAX_JUDGED = 100;
/** Senders choose names, so only so many are remembered. */
const MAX_VERDICTS = 2_000;

/** True for the name of a header or field whose value is a secret. `token_configured` and `tokenKind` are not. */
export const isSecretName: (name: string) => boolean = remembered((name) =>
  SECRET_END.test(name.toLowerCase().replaceAll(/[-_. ]/g, "")) || SECRET_LAST_WORD.test(name) ||
  SECRET_LAST_CAMEL_WORD.test(name)
);

/**
 * The same for headers and parameters of a query, where a last word `key`, `sig`, `code` or `auth` is a secret as well, as
 * in `x-functions-key`.
 */
export const isSecretField: (name: string) => boolean = remembered((name) =>
  isSecretName(name) || /(?:^|[-_.])(?:key|sig|code|auth)$/i.test(name)
);

/** Keys that place or repeat, and codes that describe, by the word before. */
const HARMLESS =
  /(?:^|[-_.])(?:(?:idempotency|partition|routing|sort|cache|surrogate|message|object|websocket|deduplication)[-_.]key|(?:status|error|country|currency|language|postal|zip|reason|response)[-_.]code)$/i;

/**
 * isSecretField() for headers that are received and shown: flows read them, so those that are known to hold no secret
 * stay. What is sent under such a name stays sealed in the flow, as it was written.
 */
export const isSecretHeader: (name: string) => boolean = remembered((name) =>
  isSecretField(name) && (isSecretName(name) || !HARMLESS.test(name))
);

function remembered(judge: (name: string) => boolean): (name: string) => boolean {
  const verdicts = createBoundedCache<string, boolean>({ max: MAX_VERDICTS });
  return (name) => {
    if (name.length > MAX_JUDGED) return judge(name.slice(-MAX_JUDGED));
    let verdict = verdicts.get(name);
    if (verdict === undefined) {
      verdict = judge(name);
      verdicts.set(name, verdict);
    }
    return verdict;
  };
}
