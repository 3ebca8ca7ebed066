import { Component, type ReactNode } from 'react';
import { Button } from './Button';
import { StatePanel } from './States';

interface Props {
  children: ReactNode;
  /** With another key, such as the address, the content gets a new chance. */
  resetKey: string;
}

interface State {
  error: Error | null;
  resetKey: string;
}

/** Keeps a fault of one page from taking the whole page away. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { error: null, resetKey: props.resetKey };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <StatePanel
        isAlert
        title="This page has a fault"
        action={
          <>
            <Button onPress={() => this.setState({ error: null })}>Show it again</Button>
            <Button onPress={() => location.reload()}>Reload</Button>
          </>
        }
      >
        <p>{error.message}</p>
        <p>Nothing was lost on the server. If it happens again, please report what you did.</p>
      </StatePanel>
    );
  }
}
