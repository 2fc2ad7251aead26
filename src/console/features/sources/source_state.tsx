/** What came last from a source: an event, or a request that was refused, with the reason. */

import { When } from "../../ui/when.tsx";
import type { Source } from "./api.ts";
import { refusalWords } from "./refusal_words.ts";

export function SourceState({ source: { lastEventAt, lastRefused } }: { source: Source }) {
  return (
    <div role="status">
      <p>
        {lastEventAt
          ? (
            <>
              Last event <When at={lastEventAt} as="ago" />
            </>
          )
          : "Waiting for the first event…"}
      </p>
      {lastRefused && (
        <p className="fault">
          Last refused <When at={lastRefused.at} as="ago" />: {refusalWords(lastRefused.reason)}
        </p>
      )}
    </div>
  );
}
