/** The search of an add-on's data: what a workspace holds, and the list of events for any text. */

import type { Answer, Wire } from "../wire.ts";
import { RUN_WORDS } from "../ui/tag.tsx";
import { say } from "../words/say.ts";
import { nounWord } from "../features/entities/kinds.ts";
import { ALL, useAddonPlace } from "./addon_place.ts";
import type { NavPage } from "./frame.tsx";
import { type FoundItem, Palette } from "./palette.tsx";
import { useSignedIn } from "./session/login.tsx";

export function AddonPalette({ pages, onClose }: { pages: readonly NavPage[]; onClose(): void }) {
  const { api } = useSignedIn();
  const isAll = useAddonPlace() === ALL;
  const find = async (q: string, signal: AbortSignal): Promise<FoundItem[]> => {
    if (!isAll) return (await api.get<Answer<"get_ui_search">>("/search", { q }, signal)).found.map(itemOf);
    const { found, addons } = await api.get<Answer<"get_ui_together_search">>("/together/search", { q }, signal);
    return found.map(({ addon, ...one }) => {
      const item = itemOf(one);
      const name = addons.find(({ key }) => key === addon)?.name ?? addon;
      return { ...item, kind: `${item.kind} · ${name}`, path: `${item.path}?addon=${addon}` };
    });
  };
  return (
    <Palette
      pages={pages}
      hint={say("A name, or the id of an entity, flow, event or run")}
      search={find}
      also={(text) => [
        {
          kind: say("Events"),
          text: say('Events of "{text}"', { text }),
          path: `/events?q=${encodeURIComponent(text)}`,
        },
      ]}
      onClose={onClose}
    />
  );
}

const KINDS: Record<Wire<"Found">["kind"], string> = {
  entity: say("Entity"),
  flow: say("Flow"),
  source: say("Source"),
  event: say("Event"),
  run: say("Run"),
};

function itemOf({ kind, id, type, name }: Wire<"Found">): FoundItem {
  const typed = (type ?? "").replaceAll("_", " ");
  switch (kind) {
    case "entity":
      return { kind: nounWord(type ?? ""), text: name ?? id, id, path: `/data/${type}/${encodeURIComponent(id)}` };
    case "flow":
      return { kind: KINDS.flow, text: name ?? id, id, path: `/flows/${id}` };
    case "source":
      return { kind: KINDS.source, text: name ?? id, path: `/sources/${id}` };
    case "event":
      return { kind: KINDS.event, text: typed, id, path: `/events/${id}` };
    case "run":
      return {
        kind: KINDS.run,
        text: `${name ?? say("Deleted flow")}, ${RUN_WORDS[typed] ?? typed}`,
        id,
        path: `/runs/${id}`,
      };
  }
}
