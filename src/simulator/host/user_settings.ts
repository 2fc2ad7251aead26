/** What a person sets for themselves in Clockify: theme, language, time zone; kept where the REST answers show them. */

import { AppError } from "../../base/errors.ts";
import type { User } from "../workspace_data.ts";

export interface UserSettings {
  /** Claim of user tokens. The dark one's value is not documented; it is the API's own spelling here. */
  theme: "DEFAULT" | "DARK";
  /** Claim of user tokens, as in EN. */
  language: string;
  /** IANA name; in no token, only in the user's `settings`. */
  timeZone: string;
}

export interface UserSettingsInput extends Partial<UserSettings> {
  workspaceId: string;
  userId: string;
}

/** The settings of a user of the first load or a changed one. */
export function settingsOf({ settings }: User): UserSettings {
  return {
    theme: settings.theme === "DARK" ? "DARK" : "DEFAULT",
    language: typeof settings.lang === "string" ? settings.lang : "EN",
    timeZone: settings.timeZone,
  };
}

/** Changes them in place, in the fields that REST answers carry. Throws REQUEST_INVALID for a value that is none. */
export function changeSettings(user: User, changes: Partial<UserSettings>): UserSettings {
  const { theme, language, timeZone } = { ...settingsOf(user), ...changes };
  if (theme !== "DEFAULT" && theme !== "DARK") throw invalid("theme", theme);
  if (!/^[A-Z]{2}$/.test(language)) throw invalid("language", language);
  if (!isTimeZone(timeZone)) throw invalid("timeZone", timeZone);
  Object.assign(user.settings, { theme, darkTheme: theme === "DARK", lang: language, timeZone });
  return { theme, language, timeZone };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function invalid(name: string, value: unknown): AppError {
  return new AppError("REQUEST_INVALID", `Cannot change the settings: ${name} is "${value}"`);
}
