/** Copies a text, and says so. */

import { useToast } from "./toasts.tsx";
import { say } from "../words/say.ts";

export function CopyButton(
  { text, label, className = "btn small" }: { text: string | (() => string); label: string; className?: string },
) {
  const toast = useToast();
  const copy = async () => {
    const value = typeof text === "string" ? text : text();
    try {
      await navigator.clipboard.writeText(value);
      toast(say("Copied"));
    } catch {
      // Browsers may refuse the clipboard to a frame: a selection can still be copied.
      const focused = document.activeElement as HTMLElement | null;
      const area = document.createElement("textarea");
      area.value = value;
      // Outside of an open dialog nothing can be selected.
      (focused?.closest("dialog") ?? document.body).append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      focused?.focus();
      toast(done ? say("Copied") : say("The browser does not allow copying here"), done ? "info" : "bad");
    }
  };
  return <button type="button" className={className} onClick={copy}>{label}</button>;
}
