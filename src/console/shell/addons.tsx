/** The add-ons of the workspace: which there are, and the pages of the one that the address names. */

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import type { Answer, Wire } from "../wire.ts";
import { Failure, Skeleton } from "../ui/states.tsx";
import { say } from "../words/say.ts";
import { ALL, showAddon, useAddonPlace } from "./addon_place.ts";
import { BASE } from "./page_config.ts";
import { getSession } from "./session_api.ts";
import { type SignedIn, SignedInProvider, useSignedIn } from "./session/login.tsx";

export type WorkspaceAddon = Wire<"WorkspaceAddon">;

/** Those that the viewer may see; none while they are read. */
export function useAddons(): readonly WorkspaceAddon[] {
  const { ownApi } = useSignedIn();
  const { data } = useQuery({
    queryKey: ["addons"],
    queryFn: async ({ signal }) => (await ownApi.get<Answer<"get_ui_addons">>("/addons", undefined, signal)).addons,
    staleTime: 60_000,
  });
  return data ?? [];
}

/** What is within is of the add-on that the address names; of the one that the person is signed in to where it names none, or all. */
export function AtAddon({ children }: { children: ReactNode }) {
  const signedIn = useSignedIn();
  const place = useAddonPlace();
  const { session: { profile }, others } = signedIn;
  if (place === undefined || place === ALL || place === profile.key) return children;
  const own = others.find(({ key }) => key === place);
  if (own) return <Enter key={place} choose={own.choose} />;
  return <Beside key={place} addon={place}>{children}</Beside>;
}

/** An operator is let in by every add-on itself, and may change things there. */
function Enter({ choose }: { choose(): void }) {
  useEffect(choose, []);
  return <Skeleton />;
}

function Beside({ addon, children }: { addon: string; children: ReactNode }) {
  const signedIn = useSignedIn();
  const [found, setFound] = useState<SignedIn>();
  const [error, setError] = useState<Error>();
  const [reads, setReads] = useState(0);
  const { apiBeside, draftsOf, session: { profile } } = signedIn;
  useEffect(() => {
    let isCurrent = true;
    const api = apiBeside(addon);
    getSession(api).then(
      (session) => {
        if (!isCurrent) return;
        // An unknown key is no add-on of this program: the one that answered is shown under its own name.
        if (session.profile.key !== addon) return showAddon(undefined, BASE);
        setFound({ ...signedIn, api, session, drafts: draftsOf(session) });
      },
      (reason) => isCurrent && setError(reason),
    );
    return () => void (isCurrent = false);
  }, [addon, reads, signedIn]);
  if (found) return <SignedInProvider value={found}>{children}</SignedInProvider>;
  if (!error) return <Skeleton />;
  return (
    <main className="gate">
      <div className="panel stack">
        <Failure
          error={error}
          what={say("the add-on")}
          onRetry={() => {
            setError(undefined);
            setReads(reads + 1);
          }}
        />
        <div>
          <button type="button" className="btn" onClick={() => showAddon(undefined, BASE)}>
            {say("Back to {name}", { name: profile.name })}
          </button>
        </div>
      </div>
    </main>
  );
}
