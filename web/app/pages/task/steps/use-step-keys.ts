import { useEffect, useEffectEvent } from 'react';

/** Runs what a key stands for, unless the reader types or is in a dialog. Names are those of KeyboardEvent.key. */
export function useStepKeys(actions: Record<string, () => void>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (
      event.target instanceof Element &&
      event.target.closest('input, textarea, select, [role=dialog], dialog')
    ) {
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    // What has the focus has its own use for these.
    const isElsewhere =
      event.target instanceof Element && event.target.closest('button, a, summary') !== null;
    if (isElsewhere && (event.key === 'Enter' || event.key.startsWith('Arrow'))) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}
