import { useEffect } from 'react';
import { showName } from '../format/hostile-text';

/** Names the browser tab after what it shows. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${showName(title, 100)} · Binnacle`;
  }, [title]);
}
