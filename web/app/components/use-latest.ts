import { useLayoutEffect, useRef, useState } from 'react';

/**
 * Functions that stay the same from beginning to end and do what the latest of them do: for parts of a page that are drawn
 * anew only when what they show changes. To be called by events, not while drawing.
 */
export function useLatest<Actions extends object>(actions: Actions): Actions {
  const latest = useRef(actions);
  useLayoutEffect(() => {
    latest.current = actions;
  });
  const [lasting] = useState(() => {
    const names = Object.keys(actions) as (keyof Actions)[];
    const forward =
      (name: keyof Actions) =>
      (...given: unknown[]) =>
        (latest.current[name] as (...given: unknown[]) => unknown)(...given);
    return Object.fromEntries(names.map((name) => [name, forward(name)])) as Actions;
  });
  return lasting;
}
