import type { Catalogue } from "../say.ts";

export default {
  System: "Sistema",
  Light: "Claro",
  Dark: "Escuro",
  Comfortable: "Confortável",
  Compact: "Compacta",
  "As my profile": "Como meu perfil",
  Theme: "Tema",
  Density: "Densidade",
  "Times in": "Horários em",
  Language: "Idioma",
} satisfies Catalogue;
