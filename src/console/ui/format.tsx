/** Times, numbers and sizes as the viewer writes them: language of the profile, its time zone or UTC. */

import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { type Preferences, preferences, setPreference } from "../shell/preferences.ts";
import { spoken } from "../words/say.ts";

export type ZoneChoice = Preferences["zone"];

export interface Format {
  /** "10:42:07.311" today, else with the date. */
  time(at: Date): string;
  dateTime(at: Date): string;
  hour(at: Date): string;
  /** "3 minutes ago" */
  ago(at: Date): string;
  number(value: number): string;
  /** Bytes as "1.4 kB". */
  size(bytes: number): string;
  /** "31 ms", "1.8 s", "4 min" */
  duration(ms: number): string;
  zone: string;
  zoneChoice: ZoneChoice;
  /** Kept in this browser. */
  setZone(choice: ZoneChoice): void;
  /** What can be chosen, each zone once. */
  zones: { choice: ZoneChoice; name: string }[];
}

const FormatContext = createContext<Format | undefined>(undefined);

export function useFormat(): Format {
  return useContext(FormatContext)!;
}

export function FormatProvider(
  { language, timeZone, children }: {
    language: string;
    /** Null: the browser's. */
    timeZone: string | null;
    children: ReactNode;
  },
) {
  const [wanted, setWanted] = useState<ZoneChoice>(() => preferences().zone);
  const browser = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = useMemo(() => zonesOf(timeZone, browser), [timeZone, browser]);
  const { choice, name } = zones.find((each) => each.choice === wanted) ?? zones[0]!;
  const format = useMemo((): Format => ({
    ...createFormat(chosenLanguage(language), name),
    zones,
    zoneChoice: choice,
    setZone: (choice) => {
      setPreference("zone", choice);
      setWanted(choice);
    },
  }), [language, name, zones, choice]);
  return <FormatContext value={format}>{children}</FormatContext>;
}

/** Of dates and numbers: what the viewer chose for words; else the profile's own, as in "de-CH". */
function chosenLanguage(profile: string): string {
  const { language } = preferences();
  return language === "profile" ? profile : language;
}

/** The profile's first, where it is known; one that two of them name stands once. */
function zonesOf(profile: string | null, browser: string): Format["zones"] {
  const all: Format["zones"] = [
    ...profile === null ? [] : [{ choice: "profile" as const, name: profile }],
    { choice: "browser", name: browser },
    { choice: "utc", name: "UTC" },
  ];
  return all.filter(({ name }, index) => all.findIndex((each) => each.name === name) === index);
}

function createFormat(wantedLanguage: string, wantedZone: string): Omit<Format, "zones" | "zoneChoice" | "setZone"> {
  const language = supported(() => new Intl.NumberFormat(wantedLanguage)) ? wantedLanguage : "en";
  const timeZone = supported(() => new Intl.DateTimeFormat("en", { timeZone: wantedZone })) ? wantedZone : "UTC";
  const dates = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { timeZone, hourCycle: "h23", ...options });
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  const day = { year: "numeric", month: "short", day: "numeric" } as const;
  const times = dates({ ...clock, fractionalSecondDigits: 3 });
  const days = dates(day);
  const short = dates({ month: "short", day: "numeric", ...clock });
  const whole = dates({ ...day, ...clock, timeZoneName: "short" });
  const hours = dates({ hour: "2-digit", minute: "2-digit" });
  // Words, like those around them; numbers and dates are written as the viewer's language does.
  const relative = new Intl.RelativeTimeFormat(spoken(), { numeric: "auto" });
  const numbers = new Intl.NumberFormat(language);
  const short1 = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return {
    zone: timeZone,
    time: (at) => days.format(at) === days.format(new Date()) ? times.format(at) : short.format(at),
    dateTime: (at) => whole.format(at),
    hour: (at) => hours.format(at),
    ago: (at) => {
      const seconds = Math.round((at.getTime() - Date.now()) / 1000);
      for (const [unit, length] of UNITS) {
        if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
      }
      return relative.format(0, "second");
    },
    number: (value) => numbers.format(value),
    size: (bytes) =>
      bytes < 1000
        ? `${bytes} B`
        : bytes < 1e6
        ? `${short1.format(bytes / 1e3)} kB`
        : `${short1.format(bytes / 1e6)} MB`,
    duration: (ms) => {
      if (ms < 999.5) return `${Math.round(ms)} ms`;
      // Rounded first: 119.9 s are 2 min 0 s, not 1 min 60 s.
      if (ms < 59_950) return `${short1.format(ms / 1000)} s`;
      const seconds = Math.round(ms / 1000);
      if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
      const minutes = Math.round(seconds / 60);
      return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    },
  };
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60], [
  "second",
  1,
]];

function supported(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}
