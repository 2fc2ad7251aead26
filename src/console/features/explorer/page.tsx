/** The Explorer: find an operation of Clockify, write a call, review what it changes, and read the answer. */

import { useEffect, useRef, useState } from "react";
import { Tabs } from "../../ui/tabs.tsx";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useMedia } from "../../ui/use_media.ts";
import { AnswerPane } from "./answer.tsx";
import { CallForm } from "./call_form.tsx";
import { Catalogue } from "./catalogue.tsx";
import "./explorer.css";
import { useFavourites } from "./favourites.ts";
import { ReviewDialog } from "./review.tsx";
import { useExplorer } from "./use_explorer.ts";
import { say } from "../../words/say.ts";

const NARROW = "(max-width: 1060px)";

export function ExplorerPage() {
  const { session } = useSignedIn();
  const isNarrow = useMedia(NARROW);
  const [pane, setPane] = useState("find");
  const [text, setText] = useState("");
  const [list, setList] = useState("operations");
  const favourites = useFavourites();
  const explorer = useExplorer({ onAnswer: () => setPane("answer") });
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = `${explorer.operation?.summary ?? say("Explorer")} · Timewire`;
  }, [explorer.operation]);
  // An address that names an operation opens it.
  useEffect(() => {
    if (explorer.name !== null) setPane("call");
  }, [explorer.name]);
  // The other pane begins at its top, wherever this one was scrolled to.
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isNarrow && pane !== "find") top.current?.scrollIntoView();
  }, [pane, isNarrow]);
  useKeys([
    {
      keys: "/",
      label: say("Search operations"),
      run: () => {
        setPane("find");
        setList("operations");
        // In a narrow window the field is there after the next frame.
        requestAnimationFrame(() => search.current?.focus());
      },
    },
  ]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      void explorer.send();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  const catalogue = (
    <Catalogue
      explorer={explorer}
      favourites={favourites}
      text={text}
      onText={setText}
      tab={list}
      onTab={setList}
      searchRef={search}
      onOpen={() => setPane("call")}
    />
  );
  const form = <CallForm explorer={explorer} />;
  const answer = <AnswerPane explorer={explorer} />;
  return (
    <div className="stack ex-page">
      <div className="row">
        <h1>{say("Explorer")}</h1>
        <span className="muted grow">{say("Clockify's API in this workspace, by hand")}</span>
        {!session.can.write && (
          <span className="muted">{say("Reads only: {why}", { why: session.can.reason ?? "" })}</span>
        )}
      </div>
      {isNarrow
        ? (
          <div className="panel" ref={top}>
            <Tabs
              label={say("Explorer")}
              chosen={pane}
              onChoose={setPane}
              items={[
                { key: "find", label: say("Find"), content: catalogue },
                { key: "call", label: say("Call"), content: form },
                { key: "answer", label: say("Answer"), content: answer },
              ]}
            />
          </div>
        )
        : (
          <div className="ex-panes">
            <section className="panel" aria-label={say("Find")}>{catalogue}</section>
            <section className="panel" aria-label={say("Call")}>{form}</section>
            <section className="panel" aria-label={say("Answer")}>{answer}</section>
          </div>
        )}
      {explorer.review && explorer.operation && (
        <ReviewDialog
          explorer={explorer}
          review={explorer.review}
          operation={explorer.operation}
          onRequests={() => {
            explorer.closeReview();
            setPane("find");
            setList("requests");
          }}
        />
      )}
    </div>
  );
}
