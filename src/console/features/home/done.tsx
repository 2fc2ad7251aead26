/** What flows did in Clockify since midnight, by the viewer's clock, and how much of it can be undone. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { beginOfDay } from "../../ui/wall_clock.ts";
import type { Answer } from "../../wire.ts";
import { say } from "../../words/say.ts";
import { doneText } from "./wants.ts";
import "./home.css";

const POLL_MS = 30_000;

export function DoneToday() {
  const { api } = useSignedIn();
  const format = useFormat();
  const from = beginOfDay(new Date(), { timeZone: format.zone }).toISOString();
  const { data, isError } = useQuery({
    queryKey: ["done", from],
    queryFn: ({ signal }) => api.get<Answer<"get_ui_done">>("/done", { from }, signal),
    refetchInterval: POLL_MS,
  });
  return (
    <section className="panel">
      <h2>{say("Done for you today")}</h2>
      {data
        ? (
          <ul className="home-rows home-done">
            {data.done.length === 0 && <li className="muted">{say("No flow changed anything in Clockify today.")}</li>}
            {data.done.map((row) => (
              <li key={`${row.entity_type} ${row.verb}`}>
                {doneText(row)}
                <b className="num">{format.number(row.count)}</b>
              </li>
            ))}
            {data.undoable > 0 && (
              <li className="muted">
                {say("Changes you can undo")}
                <Link href={`/journal?undoable=true&from=${encodeURIComponent(from)}`}>
                  {say("{count} in Journal", { count: `${format.number(data.undoable)}${data.is_part ? "+" : ""}` })}
                </Link>
              </li>
            )}
          </ul>
        )
        : isError
        ? <p className="muted">{say("It cannot be loaded now; it is tried again.")}</p>
        : <Skeleton lines={3} label={say("Loading what was done")} />}
    </section>
  );
}
