const addresses = new Map<string, string>();

/** Notes how the list of a project's tasks was narrowed when it was shown last. @param search of its address */
export function rememberList(slug: string, search: string): void {
  addresses.set(slug, search);
}

/** The address of the list as it was shown last; whole where it has not been since the page was opened. */
export function lastList(slug: string): string {
  return `/p/${slug}/tasks${addresses.get(slug) ?? ''}`;
}
