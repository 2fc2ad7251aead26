/** GET /ui/flows/vocabulary: what a flow of this workspace may be made of. */

import type { Hono } from "hono";
import type { Catalogue } from "../../clockify/operations.ts";
import { AppError } from "../../base/errors.ts";
import { type Vocabulary, vocabularyOf } from "../../flows/vocabulary.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import { customEvent } from "../../sources/definition.ts";
import type { SourceStore } from "../../sources/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireLogin } from "../server/login.ts";

export interface VocabularyRoutesDeps extends AuthDeps {
  catalogue: Catalogue;
  sources: Pick<SourceStore, "list">;
  settings: Pick<SettingsSource, "of">;
}

const PATH = "/ui/flows/vocabulary";

export function mountVocabulary(app: Hono<AppEnv>, deps: VocabularyRoutesDeps) {
  const { profile, catalogue, settings } = deps;
  const { customWebhooks, genericHttpActions } = profile.features;
  let vocabulary: Vocabulary | undefined;

  app.get(PATH, async (c) => {
    const { installation } = await requireLogin(c, deps);
    vocabulary ??= vocabularyOf({ profile, catalogue });
    const sources = customWebhooks ? await deps.sources.list(installation.id) : [];
    return c.json({
      ...vocabulary,
      custom_sources: sources.map(({ definition: { name } }) => ({ name, event_type: customEvent(name) })),
      generic_http: genericHttpActions && (await settings.of(installation)).genericHttpActions,
    });
  });
  // Before the flows, whose /ui/flows/:id would take the other methods.
  app.all(PATH, () => {
    throw new AppError("METHOD_NOT_ALLOWED", "Cannot serve the request: the vocabulary is read by GET", {
      details: { allow: ["GET"] },
    });
  });
}
