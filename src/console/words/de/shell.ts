import type { Catalogue } from "../say.ts";

export default {
  System: "System",
  Light: "Hell",
  Dark: "Dunkel",
  Comfortable: "Bequem",
  Compact: "Kompakt",
  "As my profile": "Wie mein Profil",
  Theme: "Farben",
  Density: "Dichte",
  "Times in": "Zeiten in",
  Language: "Sprache",
} satisfies Catalogue;
