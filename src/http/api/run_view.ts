/** How much of what steps sent and got a viewer may see, in the history of a flow and in one run. */

import { redactPayload } from "../../events/payload.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { Login } from "../server/app_env.ts";

export interface RunView {
  /** Developer mode shows admins the whole outputs. */
  whole: boolean;
  /** True for members. */
  redacted: boolean;
  /** A value as the viewer may read it. */
  show(value: unknown): unknown;
  showText(text: string | null): string | null;
}

/** Outputs are cut at this many characters, as the earlier service did; the run itself works with the whole. */
const MAX_OUTPUT_CHARS = 5_000;

/** What this login sees. Steps ask with the installation's rights: members see what they got as any payload, redacted. */
export async function runViewOf(
  { installation, role }: Login,
  settings: Pick<SettingsSource, "of">,
): Promise<RunView> {
  if (role !== "admin") {
    const showText = (text: string | null) => redactPayload(text) as string | null;
    return { whole: false, redacted: true, show: redactPayload, showText };
  }
  const { developerMode } = await settings.of(installation);
  return { whole: developerMode, redacted: false, show: (value) => value, showText: (text) => text };
}

/**
 * The output of a step; null when it has none, the first characters of its JSON when it is `cut`, as one always is of which only
 * the beginning was read.
 */
export function shownOutput(
  { output, outputIsCut }: { output: unknown; outputIsCut: boolean },
  { whole, show }: RunView,
): { value: unknown; cut: boolean } {
  if (output === null || output === undefined) return { value: null, cut: outputIsCut };
  const value = show(output);
  if (whole && !outputIsCut) return { value, cut: false };
  const text = JSON.stringify(value);
  return text.length <= MAX_OUTPUT_CHARS && !outputIsCut
    ? { value, cut: false }
    : { value: text.slice(0, MAX_OUTPUT_CHARS), cut: true };
}
