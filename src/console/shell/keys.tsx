/** Keyboard shortcuts: pages register theirs, `?` lists them all; none acts while the viewer types. */

import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../ui/dialog.tsx";
import { say } from "../words/say.ts";

export interface KeyBinding {
  /** As `event.key`, or two keys one after another, as in "g e". */
  keys: string;
  label: string;
  run(): void;
}

/** A page that `g` and the letter open. */
export interface PageKey {
  letter: string;
  path: string;
  name: string;
}

type Registry = Set<{ current: KeyBinding[] }>;

const KeysContext = createContext<Registry>(new Set());
const PAUSE_MS = 1_000;

/** The bindings hold while the component is shown. */
export function useKeys(bindings: KeyBinding[]) {
  const registry = useContext(KeysContext);
  const latest = useRef(bindings);
  latest.current = bindings;
  useEffect(() => {
    registry.add(latest);
    return () => void registry.delete(latest);
  }, [registry]);
}

export function KeysProvider({ pages, children }: { pages: readonly PageKey[]; children: ReactNode }) {
  const [registry] = useState<Registry>(() => new Set());
  const [help, setHelp] = useState(false);
  useEffect(() => {
    let before = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const press = (event: KeyboardEvent) => {
      if (
        event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) ||
        document.querySelector("dialog[open]")
      ) return;
      if (event.key === "?") return setHelp(true);
      const bindings = [...registry].reverse().flatMap(({ current }) => current);
      const found = bindings.find(({ keys }) => keys === `${before} ${event.key}`) ??
        bindings.find(({ keys }) => keys === event.key);
      before = event.key;
      clearTimeout(timer);
      timer = setTimeout(() => before = "", PAUSE_MS);
      if (!found) return;
      event.preventDefault();
      before = "";
      found.run();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [registry]);
  return (
    <KeysContext value={registry}>
      <PageKeys pages={pages} />
      {children}
      {help && (
        <Dialog title={say("Keyboard shortcuts")} onClose={() => setHelp(false)}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say("Key##of a keyboard")}</th>
                <th scope="col">{say("Action")}</th>
              </tr>
            </thead>
            <tbody>
              {[...registry].flatMap(({ current }) => current).map(({ keys, label }) => (
                <tr key={keys}>
                  <td>
                    <kbd className="pill">{keys}</kbd>
                  </td>
                  <td>{label}</td>
                </tr>
              ))}
              <tr>
                <td>
                  <kbd className="pill">?</kbd>
                </td>
                <td>{say("Show this list")}</td>
              </tr>
            </tbody>
          </table>
        </Dialog>
      )}
    </KeysContext>
  );
}

function PageKeys({ pages }: { pages: readonly PageKey[] }) {
  const [, navigate] = useLocation();
  useKeys(pages.map(({ letter, path, name }) => ({
    keys: `g ${letter}`,
    label: say("Go to {page}", { page: name }),
    run: () => navigate(path),
  })));
  return null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable ||
      /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && (target as HTMLInputElement).type !== "checkbox");
}
