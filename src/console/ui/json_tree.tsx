/** A JSON value as a tree: opened by click or arrow keys, large ones page by page, the path of each place to be copied. */

import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useFormat } from "./format.tsx";
import { CopyButton } from "./copy_button.tsx";
import { CHILDREN_PAGE, type JsonLine, jsonLines, type JsonView, readText, visibleText } from "./json_lines.ts";
import { say, sayCount } from "../words/say.ts";
import "./json_tree.css";

/** What an id stands for. */
export interface Named {
  name: string;
  /** "archived" or "deleted". */
  mark?: string;
  href: string;
}

export interface JsonTreeProps {
  value: unknown;
  /** Name of the root and of the tree; "payload" when absent. */
  label?: string;
  /** Path of the root, which copied paths begin with; "$" when absent. */
  root?: string;
  /** Of an id among the values, where it is known. */
  nameOf?(id: string): Named | undefined;
}

/** Longer texts are cut until they are asked for. */
const MAX_TEXT = 300;

export function JsonTree({ value, label = "payload", root = "$", nameOf }: JsonTreeProps) {
  const [view, setView] = useState<JsonView>({ opened: new Map(), shown: new Map() });
  const [activePath, setActive] = useState(root);
  const id = useId();
  const element = useRef<HTMLDivElement>(null);
  const [, navigate] = useLocation();
  const lines = useMemo(() => jsonLines(value, { name: label, root, view }), [value, label, root, view]);
  const active = Math.max(0, lines.findIndex(({ path }) => path === activePath));

  const open = (path: string, wanted: boolean) =>
    setView((before) => ({ ...before, opened: new Map(before.opened).set(path, wanted) }));
  const showMore = (parent: string) =>
    setView((before) => ({
      ...before,
      shown: new Map(before.shown).set(parent, (before.shown.get(parent) ?? CHILDREN_PAGE) + CHILDREN_PAGE),
    }));
  const go = (index: number) => {
    const line = lines[Math.min(Math.max(index, 0), lines.length - 1)]!;
    setActive(line.path);
    document.getElementById(`${id}${lines.indexOf(line)}`)?.scrollIntoView({ block: "nearest" });
  };
  const act = (line: JsonLine) => {
    if (line.kind === "branch" && line.size > 0) open(line.path, !line.open);
    if (line.kind === "more") showMore(line.parent);
  };
  const enter = (line: JsonLine) => {
    const named = namedIn(line, nameOf);
    if (named) navigate(named.href);
    else act(line);
  };
  const press = (event: KeyboardEvent) => {
    if (event.target !== element.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const line = lines[active]!;
    const isOpen = line.kind === "branch" && line.open;
    const parent = () => lines.findLastIndex(({ depth }, index) => index < active && depth === line.depth - 1);
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(active + 1),
      ArrowUp: () => go(active - 1),
      Home: () => go(0),
      End: () => go(lines.length - 1),
      ArrowRight: () => isOpen ? go(active + 1) : act(line),
      ArrowLeft: () => isOpen ? act(line) : go(parent()),
      Enter: () => enter(line),
      " ": () => act(line),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };

  return (
    <div
      ref={element}
      className="json-tree"
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={`${id}${active}`}
      onKeyDown={press}
    >
      {lines.map((line, index) => (
        <div
          key={line.path}
          id={`${id}${index}`}
          role="treeitem"
          aria-level={line.depth + 1}
          aria-expanded={line.kind === "branch" && line.size > 0 ? line.open : undefined}
          aria-selected={index === active}
          className={index === active ? "line active" : "line"}
          data-depth={Math.min(line.depth, 12)}
          onClick={() => {
            setActive(line.path);
            // A selected text is being copied: nothing is opened or closed under it.
            if (document.getSelection()?.isCollapsed !== false) act(line);
          }}
        >
          <Line line={line} named={namedIn(line, nameOf)} isActive={index === active} />
          {index === active && line.kind !== "more" && (
            <span
              className="copies"
              onClick={(event) => event.stopPropagation()}
            >
              <CopyButton text={line.path} label={say("Copy path")} />
            </span>
          )}
        </div>
      ))}
    </div>
  );
}

function namedIn(line: JsonLine, nameOf: JsonTreeProps["nameOf"]): Named | undefined {
  return line.kind === "value" && typeof line.value === "string" ? nameOf?.(line.value) : undefined;
}

function Line({ line, named, isActive }: { line: JsonLine; named: Named | undefined; isActive: boolean }) {
  const { number } = useFormat();
  if (line.kind === "more") {
    const count = Math.min(CHILDREN_PAGE, line.left);
    return <span className="more">{say("Show {count} more of {left}", { count, left: number(line.left) })}</span>;
  }
  if (line.kind === "value") {
    return (
      <>
        <span className="mark" aria-hidden="true" />
        <b>
          <bdi>{line.name}</bdi>
        </b>
        <span className="faint">:</span> <Value value={line.value} />
        {named && (
          <>
            {" "}
            <Link
              href={named.href}
              className="named"
              // One stop of the Tab key in the tree, as the button beside it.
              tabIndex={isActive ? 0 : -1}
              onClick={(event) => event.stopPropagation()}
            >
              <bdi>{named.name}</bdi>
            </Link>
            {named.mark && <span className="faint">({named.mark})</span>}
          </>
        )}
      </>
    );
  }
  const { size, isList } = line;
  const count = number(size);
  return (
    <>
      <span className="mark" aria-hidden="true">{size === 0 ? "" : line.open ? "▾" : "▸"}</span>
      <b>
        <bdi>{line.name}</bdi>
      </b>{" "}
      {line.hint && (
        <>
          <bdi>{line.hint}</bdi>
          {" "}
        </>
      )}
      <span className="faint">
        {isList
          ? sayCount(size, "{count} item", "{count} items", { count })
          : sayCount(size, "{count} field", "{count} fields", { count })}
      </span>
    </>
  );
}

function Value({ value }: { value: unknown }) {
  const [whole, setWhole] = useState(false);
  const format = useFormat();
  if (typeof value !== "string") return <span className={value === null ? "null" : "number"}>{String(value)}</span>;
  const meaning = readText(value);
  const cut = !whole && value.length > MAX_TEXT;
  return (
    <>
      <span className="text">
        "<bdi>{visibleText(cut ? value.slice(0, MAX_TEXT) : value)}</bdi>
        {cut ? "…" : '"'}
      </span>
      {meaning && <span className="faint meaning">{"at" in meaning ? format.dateTime(meaning.at) : meaning.lasts}
      </span>}
      {value.length > MAX_TEXT && (
        <button
          type="button"
          className="btn small"
          onClick={(event) => {
            event.stopPropagation();
            setWhole(!whole);
          }}
        >
          {whole ? say("Show less") : say("Show all {count} characters", { count: format.number(value.length) })}
        </button>
      )}
    </>
  );
}
