/** Shown in place of a page that failed to render. The rest of the console stays usable. */

import { Component, type ReactNode } from "react";
import { say } from "../words/say.ts";

interface Props {
  /** The address. A change of it clears the error. */
  place: string;
  children: ReactNode;
}

/** A class: React offers error boundaries for classes only. */
export class ErrorBoundary extends Component<Props, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidUpdate({ place }: Props) {
    if (this.state.error && place !== this.props.place) this.setState({ error: undefined });
  }

  override render() {
    if (!this.state.error) return this.props.children;
    if (/preload|dynamically imported|importing a module/i.test(this.state.error.message)) {
      return (
        <div className="panel alert bad stack" role="alert">
          <h3>{say("This page did not load")}</h3>
          <p>
            {say(
              "Timewire does not answer, or was updated. Events and flows continue; reload the page when it is back.",
            )}
          </p>
          <div>
            <button type="button" className="btn main" onClick={() => location.reload()}>{say("Reload")}</button>
          </div>
        </div>
      );
    }
    return (
      <div className="panel alert bad stack" role="alert">
        <h3>{say("This page could not be shown")}</h3>
        <p>
          {say("{message}. Nothing was changed; events and flows continue.", { message: this.state.error.message })}
        </p>
        <div>
          <button type="button" className="btn" onClick={() => this.setState({ error: undefined })}>
            {say("Try again")}
          </button>{" "}
          <button type="button" className="btn" onClick={() => location.reload()}>{say("Reload")}</button>
        </div>
      </div>
    );
  }
}
