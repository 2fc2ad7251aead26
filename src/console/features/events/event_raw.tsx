/** The original body of an event: UTF-8 as text, other bytes as base64; long bodies are cut until the viewer shows the rest. */

import { useMemo, useState } from "react";
import { useFormat } from "../../ui/format.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { save } from "../../ui/save_file.ts";
import { say } from "../../words/say.ts";

export interface EventRawProps {
  /** The bytes; or, for members, the text that they may see. */
  body: Uint8Array<ArrayBuffer> | string;
  fileName: string;
}

/** Characters that are shown at once. */
const MAX_SHOWN = 20_000;

export function EventRaw({ body, fileName }: EventRawProps) {
  const [whole, setWhole] = useState(false);
  const { number } = useFormat();
  const text = useMemo(() => typeof body === "string" ? { text: body, isText: true } : readBytes(body), [body]);
  const cut = !whole && text.text.length > MAX_SHOWN;
  return (
    <div className="stack">
      {typeof body === "string" && (
        <p className="muted">
          {say("Without secrets, notes and mail addresses, and formatted again. The original bytes are for admins.")}
        </p>
      )}
      {!text.isText && (
        <p className="muted">
          {say("The body is not UTF-8 text, so it is shown in base64. The download has the original bytes.")}
        </p>
      )}
      <div className="row">
        <CopyButton text={text.text} label={say("Copy")} />
        {typeof body !== "string" && (
          <button
            type="button"
            className="btn small"
            onClick={() => save(new Blob([body]), fileName)}
          >
            {say("Download")}
          </button>
        )}
      </div>
      <pre
        className="raw"
        tabIndex={0}
        aria-label={say("Body of the event")}
      ><bdi>{cut ? text.text.slice(0, MAX_SHOWN) : text.text}</bdi></pre>
      {cut && (
        <div>
          <button type="button" className="btn" onClick={() => setWhole(true)}>
            {say("Show all {count} characters", { count: number(text.text.length) })}
          </button>
        </div>
      )}
    </div>
  );
}

function readBytes(bytes: Uint8Array): { text: string; isText: boolean } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), isText: true };
  } catch {
    let binary = "";
    for (let at = 0; at < bytes.length; at += 8_192) binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
    return { text: btoa(binary), isText: false };
  }
}
