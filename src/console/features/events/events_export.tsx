/** Export of the listed events as a file with one event per line; it can be stopped. */

import { useEffect, useRef, useState } from "react";
import { exportEvents, MAX_EXPORTED } from "./export_api.ts";
import type { EventQuery } from "./api.ts";
import { save } from "../../ui/save_file.ts";
import { useToast } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/format.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";

/** The progress is shown at most this often. */
const TELL_MS = 200;

export function ExportButton({ query }: { query: EventQuery }) {
  const { api } = useSignedIn();
  const toast = useToast();
  const format = useFormat();
  const [received, setReceived] = useState<number>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const run = async () => {
    const controller = running.current = new AbortController();
    const { signal } = controller;
    let toldAt = 0;
    const onBytes = (bytes: number) => {
      const now = performance.now();
      if (now - toldAt < TELL_MS) return;
      toldAt = now;
      setReceived(bytes);
    };
    setReceived(0);
    try {
      const { file, truncated } = await exportEvents(api, query, { signal, onBytes });
      save(file, `events-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.ndjson`);
      toast(
        truncated
          ? say("Exported the newest {count} events. Filter by time to export older ones", {
            count: format.number(MAX_EXPORTED),
          })
          : say("Exported {size}", { size: format.size(file.size) }),
      );
    } catch (error) {
      if (signal.aborted) toast(say("The export was stopped; no file was saved"));
      else toast(say("The export failed and no file was saved: {why}", { why: (error as Error).message }), "bad");
    } finally {
      setReceived(undefined);
    }
  };

  return (
    <button
      type="button"
      className="btn"
      onClick={() => received === undefined ? run() : running.current?.abort()}
    >
      {received === undefined
        ? say("Export##as a file")
        : say("Stop the export ({size})", { size: format.size(received) })}
    </button>
  );
}
