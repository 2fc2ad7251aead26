/** Hands a request to another person, picked by name; by an admin who is not asked, that person is asked too. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Combobox } from "../../ui/combobox.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { say } from "../../words/say.ts";
import { type Entity, searchEntities } from "../flows/names_api.ts";
import { type Approval, handApproval } from "./api.ts";

export function HandDialog({ approval, onClose }: { approval: Approval; onClose(): void }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Entity>();
  const isMine = approval.mayDecide;
  const wanted = text.trim();
  const { data: found = [], isSuccess } = useQuery({
    queryKey: ["names", "search", "user", wanted],
    queryFn: ({ signal }) => searchEntities(api, { type: "user", text: wanted, signal }),
    enabled: wanted !== "" && chosen === undefined,
  });
  const hand = useMutation({
    mutationFn: (to: Entity) => handApproval(api, { id: approval.id, to: to.id }),
    onSuccess: (_, { name }) => {
      toast(say("Handed to {name}", { name }));
      onClose();
      return queries.invalidateQueries({ queryKey: ["approvals"] });
    },
  });
  return (
    <Dialog title={isMine ? say("Hand the request to somebody else") : say("Ask somebody else too")} onClose={onClose}>
      <p className="muted">
        {isMine
          ? say("They decide in your place; the time that it ends at stays.")
          : say("They may decide beside those who are asked; the time that it ends at stays.")}
      </p>
      <Combobox
        label={say("Person")}
        text={text}
        onText={(typed) => {
          setText(typed);
          setChosen(undefined);
        }}
        items={found.map((one) => ({ key: one.id, label: one.name, detail: one.id, entity: one }))}
        onPick={({ entity }) => {
          setChosen(entity);
          setText(entity.name);
        }}
        none={wanted !== "" && isSuccess && chosen === undefined ? say("No user has this name") : undefined}
        placeholder={say("Type a name")}
      />
      {hand.error && <p className="fault" role="alert">{hand.error.message}.</p>}
      <div className="row">
        <button
          type="button"
          className="btn main"
          aria-disabled={!chosen || hand.isPending}
          onClick={() =>
            chosen && !hand.isPending && hand.mutate(chosen)}
        >
          {chosen
            ? isMine ? say("Hand to {name}", { name: chosen.name }) : say("Ask {name}", { name: chosen.name })
            : say("Choose a person")}
        </button>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}
