/** A source just created, or its secret changed: address, secret, and whether its sender has reached it since. */

import { useQuery } from "@tanstack/react-query";
import { CopyButton } from "../../ui/copy_button.tsx";
import { When } from "../../ui/when.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { OneTimeSecret } from "./one_time_secret.tsx";
import { refusalWords } from "./refusal_words.ts";
import { getSource, type Source, type SourceWithSecret } from "./sources_api.ts";

const LOOK_EVERY_MS = 2_000;

export function SourceMade({ made: { source, secret } }: { made: SourceWithSecret }) {
  const { api } = useSignedIn();
  const now = useQuery({
    queryKey: ["sources", source.id],
    queryFn: () => getSource(api, source.id),
    initialData: source,
    refetchInterval: LOOK_EVERY_MS,
  });
  return (
    <div className="stack">
      <OneTimeSecret url={source.url} secret={secret} isUnsigned={source.scheme === "none"} />
      {source.preset === "meta" && source.url && (
        <VerifyToken token={source.url.slice(source.url.lastIndexOf("/") + 1)} />
      )}
      <div role="status">
        <SourceState source={now.data} />
      </div>
    </div>
  );
}

function VerifyToken({ token }: { token: string }) {
  return (
    <div className="stack">
      <h2>Verify token</h2>
      <code>{token}</code>
      <div>
        <CopyButton text={token} label="Copy the verify token" />
      </div>
    </div>
  );
}

/** What came last: an event, or a request that was refused, with the reason. */
export function SourceState({ source: { lastEventAt, lastRefused } }: { source: Source }) {
  return (
    <div>
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
