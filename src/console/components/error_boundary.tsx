/** A page that failed to draw: the rest of the console stays, and the page can be tried again. */

import { Component, type ReactNode } from "react";

export class ErrorBoundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className="panel alert bad stack" role="alert">
        <h3>This page could not be shown</h3>
        <p>{this.state.error.message}. Nothing was changed by it; events and flows go on.</p>
        <div>
          <button type="button" className="btn" onClick={() => this.setState({ error: undefined })}>
            Show it again
          </button>
        </div>
      </div>
    );
  }
}
