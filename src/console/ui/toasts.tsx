/** Short messages at the corner, read out politely; they go by themselves, failures stay longer. */

import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

type Say = (text: string, kind?: "info" | "bad") => void;

const ToastContext = createContext<Say>(() => {});

export function useToast(): Say {
  return useContext(ToastContext);
}

interface Toast {
  id: number;
  text: string;
  kind: "info" | "bad";
}

let lastId = 0;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const say = useCallback<Say>((text, kind = "info") => {
    const id = ++lastId;
    setToasts((shown) => [...shown.slice(-3), { id, text, kind }]);
    setTimeout(() => setToasts((shown) => shown.filter((one) => one.id !== id)), kind === "bad" ? 12_000 : 4_000);
  }, []);
  return (
    <ToastContext value={say}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map(({ id, text, kind }) => <div key={id} className={`toast ${kind}`}>{text}</div>)}
      </div>
    </ToastContext>
  );
}
