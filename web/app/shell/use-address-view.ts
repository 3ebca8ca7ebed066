import { useCallback, useMemo } from 'react';
import { useLocation, useSearchParams } from 'react-router';

/**
 * What a page shows, as its address has it. A change is told as a function of what there was: it is given the newest
 * view, so that several fields that are left at once do not undo each other.
 * @param read makes a view of an address; must stay the same function
 * @param write the reverse
 */
export function useAddressView<View>(
  read: (params: URLSearchParams) => View,
  write: (view: View) => URLSearchParams,
): [view: View, change: (change: (view: View) => View) => void] {
  const [params, setParams] = useSearchParams();
  const { pathname } = useLocation();
  const address = params.toString();
  const view = useMemo(() => read(new URLSearchParams(address)), [read, address]);
  const change = useCallback(
    (change: (view: View) => View) => {
      // What a page says when it is left is not for the next one.
      if (location.pathname !== pathname) return;
      // The address changes at once, the page is drawn anew a little later.
      const now = new URLSearchParams(location.search);
      const next = write(change(read(now)));
      if (next.toString() !== now.toString()) setParams(next, { replace: true });
    },
    [read, write, pathname, setParams],
  );
  return [view, change];
}
