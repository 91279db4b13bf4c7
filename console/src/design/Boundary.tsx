import { Component, type ReactNode } from "react";
import { Problem } from "./Problem.tsx";

interface State {
  error: Error | null;
}

/** Keeps a fault of one panel away from the rest of the page. */
export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <Problem error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}
