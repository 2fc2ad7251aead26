/** A text field with a list to choose from, by the pattern of the ARIA guide: arrows, Enter and Escape; made with downshift. */

import { useCombobox } from "downshift";
import { type Ref, useId } from "react";
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
  // What Enter takes: an expression is also right as it was typed.
  const first = text.trim() === "" || props.isCode ? undefined : items[0];
  const { isOpen, highlightedIndex, getLabelProps, getInputProps, getMenuProps, getItemProps } = useCombobox<Item>({
    items: items as Item[],
    inputId,
    inputValue: text,
    selectedItem: null,
    itemToString: (item) => item?.label ?? "",
    itemToKey: (item) => item?.key,
    onSelectedItemChange: ({ selectedItem }) => selectedItem && props.onPick(selectedItem),
    stateReducer: (state, { type, changes }) => {
      const { InputBlur, InputKeyDownEnter } = useCombobox.stateChangeTypes;
      // Leaving the field takes what was typed, not what the pointer lies on.
      if (type === InputBlur) return { ...changes, selectedItem: state.selectedItem };
      if (type === InputKeyDownEnter && state.isOpen && state.highlightedIndex < 0 && first) {
        return { ...changes, selectedItem: first };
      }
      return changes;
    },
  });
  const tellCaret = ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
    props.onCaret?.(currentTarget.selectionStart ?? currentTarget.value.length);
  const shows = isOpen && !readOnly && items.length > 0;
  const option = (item: Item, index: number) => (
    <li
      key={item.key}
      {...getItemProps({ item, index })}
      className={index === highlightedIndex || (highlightedIndex < 0 && item === first) ? "on" : undefined}
    >
      <bdi className={props.isCode ? "mono" : undefined}>{item.label}</bdi>
      {item.detail && <small>{item.detail}</small>}
    </li>
  );
  return (
    <div className="combobox">
      <label {...getLabelProps()} className={props.hideLabel ? "visually-hidden" : undefined}>{label}</label>
      <input
        {...getInputProps({
          ref: props.inputRef,
          // Here and not by the hook's own change, which comes late and lets the caret jump.
          onChange: (event) => {
            const { value, selectionStart } = (event as React.ChangeEvent<HTMLInputElement>).currentTarget;
            props.onCaret?.(selectionStart ?? value.length);
            props.onText(value);
          },
          onKeyUp: tellCaret,
          onClick: tellCaret,
        })}
        type="text"
        className={props.isCode ? "mono" : undefined}
        aria-expanded={shows}
        aria-invalid={props.invalid || undefined}
        aria-required={props.required || undefined}
        aria-describedby={props.describedBy}
        data-at={props.place}
        placeholder={props.placeholder}
        readOnly={readOnly}
        spellCheck={false}
      />
      <ul {...getMenuProps({ "aria-label": "Suggestions" })} hidden={!shows}>
        {shows && groupsOf(items).map(({ name, from, members }) =>
          name === undefined
            ? members.map((item, index) => option(item, from + index))
            : (
              <li key={name} role="group" aria-label={name} className="group">
                <span aria-hidden="true">{name}</span>
                <ul role="none">{members.map((item, index) => option(item, from + index))}</ul>
              </li>
            )
        )}
      </ul>
      <p className="none" role="status">{isOpen && !readOnly && items.length === 0 && props.none}</p>
    </div>
  );
}

/** The items by their headings, in their order; `from` is the position of the first member. */
function groupsOf<Item extends ComboItem>(items: readonly Item[]) {
  const groups: { name: string | undefined; from: number; members: Item[] }[] = [];
  for (const [index, item] of items.entries()) {
    const last = groups.at(-1);
    if (last && last.name === item.group) last.members.push(item);
    else groups.push({ name: item.group, from: index, members: [item] });
  }
  return groups;
}
