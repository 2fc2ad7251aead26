/** Keeps the focus when rows are reordered: the browser drops it from elements that move in the page. */

import { useEffect, useRef } from "react";

export function useKeptFocus(signal: unknown) {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const remember = ({ target }: FocusEvent) => last.current = target as Element;
    addEventListener("focusin", remember);
    return () => removeEventListener("focusin", remember);
  }, []);
  useEffect(() => {
    // After the current event: a change made on blur comes while the focus is moving to the next field.
    const timer = setTimeout(() => {
      if (document.activeElement === document.body && last.current?.isConnected) (last.current as HTMLElement).focus();
    });
    return () => clearTimeout(timer);
  }, [signal]);
}
