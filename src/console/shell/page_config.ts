/** Where this page stands and which add-ons it can show: what the server wrote into it (http/api/console.ts). */

export interface AddonConfig {
  key: string;
  name: string;
  /** Path before the add-on's /ui routes: "" on a listener of its own. */
  base: string;
}

export interface PageConfig {
  /** "/ui" on an add-on's listener, behind its path where it shares a host name; "" on the operators'. */
  mount: string;
  addons: AddonConfig[];
  /** Of the console of the Workflow Management API: below which its routes stand. */
  api?: string;
  /** Of the operators' console: below which the routes of its session stand. */
  session?: string;
}

function readPageConfig(): PageConfig {
  const content = document.querySelector<HTMLMetaElement>('meta[name="timewire"]')?.content;
  return content ? JSON.parse(content) : { mount: "/ui", addons: [{ key: "", name: "Timewire", base: "" }] };
}

export const PAGE_CONFIG: PageConfig = readPageConfig();

/** Before the paths of pages. */
export const BASE = `${PAGE_CONFIG.mount}/app`;
