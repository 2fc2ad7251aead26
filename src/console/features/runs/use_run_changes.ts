/** What a person may ask of a run, as mutations that read the runs again when they are answered. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { cancelRun, pauseRun, resumeRun, retryRun, type RetryVersion } from "./api.ts";
import { useToast } from "../../ui/toasts.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";

/** `onDone` is called once a dialog's wish was granted. */
export function useRunChanges(id: string, onDone: () => void) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const onSettled = () => queries.invalidateQueries({ queryKey: ["runs"] });
  const onError = (error: Error) => toast(error.message, "bad");
  const retry = useMutation({
    mutationFn: (version: RetryVersion) => retryRun(api, id, version),
    onSuccess: () => {
      onDone();
      toast(say("The run continues"));
    },
    onSettled,
  });
  const cancel = useMutation({
    mutationFn: () => cancelRun(api, id),
    onSuccess: () => {
      onDone();
      toast(say("The run is cancelled"));
    },
    onSettled,
  });
  const pause = useMutation({
    mutationFn: () => pauseRun(api, id),
    onSuccess: (state) =>
      toast(state === "running" ? say("The run pauses after its present call") : say("The run is paused")),
    onError,
    onSettled,
  });
  const resume = useMutation({
    mutationFn: () => resumeRun(api, id),
    onSuccess: () => toast(say("The run continues")),
    onError,
    onSettled,
  });
  return { retry, cancel, pause, resume };
}
