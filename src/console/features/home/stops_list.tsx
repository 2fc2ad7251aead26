/** What stands still, why, until when, how many runs wait for it, and what a person can do. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { type Stop, waitingText, whyText } from "../../shell/stop_words.ts";
import { STOPS_KEY, useStops } from "../../shell/stops.ts";
import { type Format, useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { say, sayCount } from "../../words/say.ts";
import "./home.css";

export function StopsList() {
  const format = useFormat();
  const { data: stops = [] } = useStops();
  if (stops.length === 0) return null;
  return (
    <ul className="home-stops" aria-label={say("What stands still")}>
      {stops.map((stop) => (
        <li key={stop.host ?? "clockify"} className="alert wait row">
          <div className="grow">
            <b>
              <bdi>{saidOf(stop, format)}</bdi>
            </b>{" "}
            <span className="muted">
              {say("{why}. Nothing is lost: events are still stored.", { why: whyText(stop, format) })}
            </span>
          </div>
          {stop.runsWaiting > 0 && (
            <Link href="/runs?state=active" className="btn small">
              {sayCount(stop.runsWaiting, "Show the run", "Show the {count} runs", {
                count: format.number(stop.runsWaiting),
              })}
            </Link>
          )}
          <TryNow stop={stop} />
        </li>
      ))}
    </ul>
  );
}

/** "Clockify asked to wait until 16:03: 8 runs wait." */
function saidOf(stop: Stop, format: Format): string {
  const values = { time: format.hour(stop.until), waiting: waitingText(stop, format) };
  if (stop.kind === "host") {
    return say("Calls to {host} are stopped until {time}: {waiting}.", { ...values, host: stop.host ?? "" });
  }
  return stop.cause === "retry_after"
    ? say("Clockify asked to wait until {time}: {waiting}.", values)
    : say("Clockify paused until {time}: {waiting}.", values);
}

/** Closes the breaker of a host; what Clockify asked for is kept to, and the button says so. */
function TryNow({ stop: { breakerId, notNow } }: { stop: Stop }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [isBusy, setBusy] = useState(false);
  const reset = async () => {
    setBusy(true);
    try {
      await api.send("POST", `/breakers/${breakerId}/reset`);
      toast(say("Calls are made again; runs that waited resume within some seconds"));
      await queries.invalidateQueries({ queryKey: STOPS_KEY });
    } catch (error) {
      toast((error as Error).message, "bad");
    } finally {
      setBusy(false);
    }
  };
  return (
    <GuardedButton
      className="btn small"
      blocked={notNow ?? (isBusy ? say("It is being done") : null)}
      onClick={() => void reset()}
    >
      {say("Try now")}
    </GuardedButton>
  );
}
