/** What came last from a source: an event, or a request that was refused, with the reason. */

import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import type { Source } from "./api.ts";
import { refusalWords } from "./refusal_words.ts";

export function SourceState({ source: { lastEventAt, lastRefused } }: { source: Source }) {
  return (
    <div role="status">
      <p>
        {lastEventAt
          ? <Say text="Last event {ago}" values={{ ago: <When at={lastEventAt} as="ago" /> }} />
          : say("Waiting for the first event…")}
      </p>
      {lastRefused && (
        <p className="fault">
          <Say
            text="Last refused {ago}: {why}"
            values={{ ago: <When at={lastRefused.at} as="ago" />, why: refusalWords(lastRefused.reason) }}
          />
        </p>
      )}
    </div>
  );
}
