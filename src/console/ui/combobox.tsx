/** A text field with a list to choose from, by the pattern of the ARIA guide: arrows, Enter and Escape; made with Base UI. */

import { Combobox as Base } from "@base-ui/react/combobox";
import { type KeyboardEvent, type Ref, useId, useState } from "react";
import { say } from "../words/say.ts";
import "./combobox.css";

export interface ComboItem {
  key: string;
  label: string;
  detail?: string;
  /** Heading that it stands under, with those before and after it of the same one. */
  group?: string;
}

export interface ComboboxProps<Item extends ComboItem> {
  label: string;
  hideLabel?: boolean;
  text: string;
  onText(text: string): void;
  /** Those that fit the text: filtering is the owner's matter. */
  items: readonly Item[];
  onPick(item: Item): void;
  placeholder?: string;
  /** Said in the list's place when nothing fits what was typed. */
  none?: string;
  readOnly?: boolean;
  required?: boolean;
  invalid?: boolean;
  describedBy?: string;
  /** The list is there before anything is typed. */
  startsOpen?: boolean;
  /** Monospaced, for expressions. */
  isCode?: boolean;
  /** Place in a definition, for faults that point at it. */
  place?: string;
  inputRef?: Ref<HTMLInputElement>;
  /** Called with the caret's place after each key and click. */
  onCaret?(caret: number): void;
}

export function Combobox<Item extends ComboItem>(props: ComboboxProps<Item>) {
  const { label, text, items, readOnly } = props;
  const inputId = useId();
  const [isOpen, setIsOpen] = useState(props.startsOpen ?? false);
  const [highlighted, setHighlighted] = useState<string>();
  const shows = isOpen && !readOnly && items.length > 0;
  // What Enter takes: an expression is also right as it was typed.
  const first = text.trim() === "" || props.isCode || highlighted !== undefined ? undefined : items[0];
  const pick = (key: string | null) => {
    const item = items.find((one) => one.key === key);
    if (item) props.onPick(item);
  };
  const takeFirst = (event: KeyboardEvent & { preventBaseUIHandler(): void }) => {
    if (event.key !== "Enter" || !shows || !first || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.preventBaseUIHandler();
    setIsOpen(false);
    props.onPick(first);
  };
  const tellCaret = (input: HTMLInputElement) => props.onCaret?.(input.selectionStart ?? input.value.length);
  const option = (item: Item) => (
    <Base.Item key={item.key} value={item.key} className={item === first ? "first" : undefined}>
      <bdi className={props.isCode ? "mono" : undefined}>{item.label}</bdi>
      {item.detail && <small>{item.detail}</small>}
    </Base.Item>
  );
  return (
    <div className="combobox">
      <label htmlFor={inputId} className={props.hideLabel ? "visually-hidden" : undefined}>{label}</label>
      <Base.Root
        // Keys and not the items themselves: owners make new items at each render.
        items={items.map(({ key }) => key)}
        filter={null}
        // Nothing stays chosen: what was picked is the owner's matter, and so is the text.
        value={null}
        onValueChange={pick}
        inputValue={text}
        onInputValueChange={(typed, { reason, event }) => {
          if (reason !== "input-change") return;
          tellCaret(event.target as HTMLInputElement);
          props.onText(typed);
        }}
        open={isOpen && !readOnly}
        onOpenChange={setIsOpen}
        onItemHighlighted={(key?: string) => setHighlighted(key)}
        readOnly={readOnly}
      >
        <Base.Input
          ref={props.inputRef}
          id={inputId}
          type="text"
          className={props.isCode ? "mono" : undefined}
          onKeyDown={takeFirst}
          onKeyUp={({ currentTarget }) => tellCaret(currentTarget)}
          onClick={({ currentTarget }) => tellCaret(currentTarget)}
          // Leaving the field takes what was typed, not what the pointer lies on.
          onBlur={() => setIsOpen(false)}
          aria-expanded={shows}
          aria-invalid={props.invalid || undefined}
          aria-required={props.required || undefined}
          aria-describedby={props.describedBy}
          data-at={props.place}
          placeholder={props.placeholder}
          spellCheck={false}
        />
        <Base.List
          className="list"
          aria-label={say("Suggestions")}
          hidden={!shows}
          // A press beside an option, as on the list's scroll bar, does not leave the field.
          onMouseDown={(event) => event.preventDefault()}
        >
          {shows && groupsOf(items).map(({ name, members }) =>
            name === undefined ? members.map(option) : (
              <Base.Group key={name} className="group">
                <Base.GroupLabel render={<span />}>{name}</Base.GroupLabel>
                {members.map(option)}
              </Base.Group>
            )
          )}
        </Base.List>
      </Base.Root>
      <p className="none" role="status">{isOpen && !readOnly && items.length === 0 && props.none}</p>
    </div>
  );
}

/** The items by their headings, in their order. */
function groupsOf<Item extends ComboItem>(items: readonly Item[]) {
  const groups: { name: string | undefined; members: Item[] }[] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && last.name === item.group) last.members.push(item);
    else groups.push({ name: item.group, members: [item] });
  }
  return groups;
}
