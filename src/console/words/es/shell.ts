import type { Catalogue } from "../say.ts";

export default {
  System: "Sistema",
  Light: "Claro",
  Dark: "Oscuro",
  Comfortable: "Cómoda",
  Compact: "Compacta",
  "As my profile": "Como mi perfil",
  Theme: "Tema",
  Density: "Densidad",
  "Times in": "Horas en",
  Language: "Idioma",
} satisfies Catalogue;
