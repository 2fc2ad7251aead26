/** Whether a media query holds, as the window changes. */

import { useEffect, useState } from "react";

export function useMedia(text: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(text).matches);
  useEffect(() => {
    const media = matchMedia(text);
    const change = () => setHolds(media.matches);
    change();
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, [text]);
  return holds;
}
