import { Component, type ReactNode } from 'react';
import { Failure } from '../parts/states.tsx';

/** A page that fails leaves the navigation standing. A new `place` gives it another try. */
export class ErrorBoundary extends Component<{ place: string; children: ReactNode }, { error?: Error; place: string }> {
  override state: { error?: Error; place: string } = { place: this.props.place };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  static getDerivedStateFromProps(
    { place }: { place: string },
    state: { error?: Error; place: string },
  ): { error?: undefined; place: string } | null {
    return place === state.place ? null : { error: undefined, place };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : <Failure error={error} retry={() => location.reload()} />;
  }
}
