/** The frame around the pages of a console: the bar on top, the pages at the side, and on a phone tabs at the bottom. */

import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { Icon, type IconName } from "../ui/icons.tsx";
import { Menu } from "../ui/menu.tsx";
import { useMedia } from "../ui/use_media.ts";
import { say } from "../words/say.ts";
import { Stops } from "./stop_tags.tsx";

export interface NavPage {
  path: string;
  name: string;
  icon: IconName;
  /** How many things wait there for a person; nothing where none does. */
  count?: ReactNode;
  /** One of the four that a phone shows beside "More". */
  tab?: boolean;
  /** Another page of this program, which is not part of this console. */
  isOther?: boolean;
}

export interface NavGroup {
  /** Undefined: stands alone, above or below the others. */
  name?: string;
  pages: NavPage[];
}

export interface FrameProps {
  groups: readonly NavGroup[];
  /** Which workspace, and the way to another. */
  where: ReactNode;
  /** Beside it: the environment, what the viewer may not do. */
  facts?: ReactNode;
  /** Opens the search; absent where there is none. */
  finder?: ReactNode;
  /** Connection. */
  live?: ReactNode;
  hasStops?: boolean;
  person: { name: ReactNode; menu: ReactNode };
  children: ReactNode;
}

const PHONE = "(max-width: 699px)";

export function Frame(props: FrameProps) {
  const isPhone = useMedia(PHONE);
  return (
    <div className="app">
      <a className="skip btn" href="#page" onClick={focusPage}>{say("Skip to content")}</a>
      {!isPhone && <Bar {...props} />}
      {isPhone ? <Tabs {...props} /> : <Side groups={props.groups} />}
      <main className="page" id="page" tabIndex={-1}>
        {isPhone && props.hasStops && <Stops as="strip" />}
        {props.children}
      </main>
    </div>
  );
}

function Bar({ groups, where, facts, finder, live, hasStops, person }: FrameProps) {
  return (
    <header className="top">
      <Link href={groups[0]!.pages[0]!.path} className="brand">Timewire</Link>
      <div className="where">{where}</div>
      {facts}
      {finder}
      <span className="grow" />
      {hasStops && <Stops as="tag" />}
      {live}
      <Menu
        atEnd
        label={
          <>
            <span className="visually-hidden">{say("Account")}</span> {person.name}
          </>
        }
      >
        {person.menu}
      </Menu>
    </header>
  );
}

function Side({ groups }: Pick<FrameProps, "groups">) {
  return (
    <nav className="side" aria-label={say("Pages")}>
      {groups.map(({ name, pages }, index) => (
        <div key={name ?? index} className={index > 0 && name === undefined ? "group last" : "group"}>
          {name && <h2>{name}</h2>}
          {pages.map((page) => <PageLink key={page.path} page={page} groups={groups} />)}
        </div>
      ))}
    </nav>
  );
}

/** Four pages and "More", which holds all else that the bar and the side hold elsewhere. */
function Tabs({ groups, where, facts, finder, person }: FrameProps) {
  const [isOpen, setOpen] = useState(false);
  const [place] = useLocation();
  const search = useSearch();
  useEffect(() => setOpen(false), [place, search]);
  useEffect(() => {
    if (!isOpen) return;
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) setOpen(false);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [isOpen]);
  const pages = groups.flatMap(({ pages }) => pages);
  return (
    <nav className="side" aria-label={say("Pages")}>
      {pages.filter(({ tab }) => tab).map((page) => <PageLink key={page.path} page={page} groups={groups} />)}
      <button
        type="button"
        className="more"
        aria-expanded={isOpen}
        aria-controls={isOpen ? "sheet" : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="more" />
        {isOpen ? say("Less") : say("More")}
      </button>
      {isOpen && (
        <div className="sheet" id="sheet">
          <div className="row">
            {where}
            {facts}
          </div>
          {finder}
          <div className="pages">
            {pages.filter(({ tab }) => !tab).map((page) => <PageLink key={page.path} page={page} groups={groups} />)}
          </div>
          <b>{person.name}</b>
          {person.menu}
        </div>
      )}
    </nav>
  );
}

function PageLink(
  { page: { path, name, icon, count, isOther }, groups }: { page: NavPage } & Pick<FrameProps, "groups">,
) {
  const [location] = useLocation();
  const content = (
    <>
      <Icon name={icon} />
      <span className="word">{name}</span>
      {count}
    </>
  );
  if (isOther) return <a href={path} title={name}>{content}</a>;
  return (
    <Link href={path} title={name} aria-current={currentOf(groups, location) === path ? "page" : undefined}>
      {content}
    </Link>
  );
}

/** The page whose path is the longest beginning of the address: a tab of Settings may have a place of its own. */
function currentOf(groups: readonly NavGroup[], location: string): string | undefined {
  return groups.flatMap(({ pages }) => pages.map(({ path }) => path))
    .filter((path) => location === path || location.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** The address keeps the page's path: only the focus moves. */
function focusPage(event: { preventDefault(): void }) {
  event.preventDefault();
  document.getElementById("page")!.focus();
}
