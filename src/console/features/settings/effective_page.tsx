/** The effective settings and where each value comes from. They are changed in Clockify or by the operator, not here. */

import { useQuery } from "@tanstack/react-query";
import { getSettings } from "./api.ts";
import { SettingsTable } from "./settings_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { When } from "../../ui/when.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export function EffectiveTab() {
  const { api } = useSignedIn();
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => getSettings(api) });
  if (settings.error && !settings.data) {
    return (
      <Failure
        error={settings.error}
        what={say("the settings")}
        onRetry={() => settings.refetch()}
      />
    );
  }
  if (!settings.data) return <Skeleton />;
  const { readAt, lastError } = settings.data;
  return (
    <div className="stack">
      <p className="muted">
        {say(
          "Workspace settings are changed in Clockify, on the add-on's settings page; the rest is the operator's environment.",
        )} {readAt
          ? <Say text="Read from Clockify {ago}." values={{ ago: <When at={readAt} as="ago" /> }} />
          : say("They have not been read from Clockify yet.")}
      </p>
      {lastError && (
        <div className="alert" role="status">
          <Say text="<b>The last read failed.</b> {why}. The values below still apply." values={{ why: lastError }} />
        </div>
      )}
      <SettingsTable settings={settings.data.settings} />
    </div>
  );
}
