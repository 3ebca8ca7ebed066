import { useEffect, useEffectEvent, useState } from 'react';
import type { GraphqlFault } from '../../access/graphql-post';
import type { TypedDocumentString } from '../generated/graphql';
import { useApi } from './api-context';
import type { LiveHandlers } from './live-connection';

/**
 * Follows a subscription while the component is shown.
 * @param key what it is about: another key is another subscription; null = none
 * @param variables asked for anew each time the connection comes back, so that it can name what was seen last
 * @returns the fault that keeps it from running, null while there is none
 */
export function useSubscription<Result, Variables>(
  key: string | null,
  document: TypedDocumentString<Result, Variables>,
  variables: () => Variables,
  handlers: Omit<LiveHandlers<Result>, 'failed'>,
): GraphqlFault | null {
  const { live } = useApi();
  const [fault, setFault] = useState<{ key: string; fault: GraphqlFault } | null>(null);
  const current = useEffectEvent(variables);
  const next = useEffectEvent(handlers.next);
  const begun = useEffectEvent(() => handlers.begun?.());
  const completed = useEffectEvent(() => handlers.completed?.());
  useEffect(() => {
    if (key === null) return;
    setFault(null);
    return live.follow(document, () => current(), {
      next: (result) => next(result),
      begun: () => {
        setFault(null);
        begun();
      },
      completed: () => completed(),
      failed: (fault) => setFault({ key, fault }),
    });
  }, [live, key, document]);
  return fault?.key === key ? fault.fault : null;
}
