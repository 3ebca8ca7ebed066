import type { QueryClient } from '@tanstack/react-query';
import { useLocation, useNavigationType } from 'react-router';
import type { TaskListData } from './task-pages';

const addresses = new Map<string, string>();

/** Notes how the list of a project's tasks was narrowed when it was shown last. @param search of its address */
export function rememberList(slug: string, search: string): void {
  addresses.set(slug, search);
}

/** The address of the list as it was shown last; whole where it has not been since the page was opened. */
export function lastList(slug: string): string {
  return `/p/${slug}/tasks${addresses.get(slug) ?? ''}`;
}

/** State of a link that leads back into the list, not to its beginning. */
export const BACK_TO_LIST = { isBack: true };

/** Where the reader of a list was. */
export interface ListPlace {
  topPx: number;
  activeIndex: number;
}

/** What a list held when another page was opened from it. */
interface LeftList {
  place: ListPlace;
  data: TaskListData;
}

const keyOf = (projectId: string, address: string) => ['left-list', projectId, address];

/** Kept among what was read from the server, and so until the person signs out. @param address the query of its address */
export function leaveList(queries: QueryClient, projectId: string, address: string, left: LeftList): void {
  // One list is kept: the one that a way back leads to.
  queries.removeQueries({ queryKey: ['left-list'] });
  queries.setQueryDefaults(['left-list'], { gcTime: Infinity });
  queries.setQueryData<LeftList>(keyOf(projectId, address), left);
}

/** What the list held when it was left; undefined for who does not come back to it. */
export function useLeftList(queries: QueryClient, projectId: string, address: string): LeftList | undefined {
  const { state } = useLocation() as { state: Partial<typeof BACK_TO_LIST> | null };
  const isBack = useNavigationType() === 'POP' || state?.isBack === true;
  return isBack ? queries.getQueryData<LeftList>(keyOf(projectId, address)) : undefined;
}
