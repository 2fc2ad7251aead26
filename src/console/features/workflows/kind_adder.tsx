/** "Add a step" at a place: a search over the kinds of steps, by the words that people use. */

import { useEffect, useRef, useState } from "react";
import { Combobox } from "../../ui/combobox.tsx";
import { say } from "../../words/say.ts";
import type { Path } from "./draft/fields.ts";
import { kindsFor } from "./draft/kinds.ts";
import { useWorkflowEditor } from "./editor_context.tsx";

export function KindAdder({ list, index, onClose }: { list: Path | undefined; index: number; onClose(): void }) {
  const { add } = useWorkflowEditor();
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <div
      className="stack"
      onKeyDown={({ key }) => key === "Escape" && text === "" && onClose()}
      onBlur={({ currentTarget, relatedTarget }) =>
        text === "" && !currentTarget.contains(relatedTarget as Node | null) && onClose()}
    >
      <Combobox
        label={say("Add a step: what should happen?")}
        hideLabel
        text={text}
        onText={setText}
        items={kindsFor(text).map(({ type, title, about }) => ({ key: type, label: title, detail: about }))}
        // After the list's own update: the new form is not rendered before.
        onPick={({ key }) =>
          queueMicrotask(() => {
            onClose();
            add(key, { list, index });
          })}
        placeholder={say("Search, for example: agent, if, wait")}
        none={text.trim() ? say("No kind of step matches") : undefined}
        inputRef={input}
        startsOpen
      />
    </div>
  );
}
