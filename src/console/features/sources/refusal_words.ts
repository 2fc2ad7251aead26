/** Why a delivery was refused, in words, and what to do. */

import { say } from "../../words/say.ts";

const WORDS: Readonly<Record<string, string>> = {
  proof_missing: say("it carried no proof of its sender. Enter the secret at the sender, or choose another scheme."),
  proof_malformed: say("the proof of its sender has another form than the scheme says."),
  proof_wrong: say("no valid secret of this source fits. Compare the secret here with the sender's, or rotate it."),
  timestamp_missing: say("its timestamp is absent."),
  timestamp_malformed: say("its timestamp has another form than the scheme says."),
  timestamp_old: say("it was signed too long ago. Compare the clocks, or raise the greatest age."),
  timestamp_future: say("it was signed in the future. Compare the clocks."),
  id_missing: say("its id, which is signed, is absent."),
  body_unsigned: say("its signature does not cover a body of this type."),
  secret_missing: say("this source has no secret yet. Enter the one that the sender gives."),
};

export function refusalWords(reason: string): string {
  return WORDS[reason] ?? reason;
}
