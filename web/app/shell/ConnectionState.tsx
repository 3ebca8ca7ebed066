import { useApi, useLiveState } from '../api/api-context';
import type { LiveState } from '../api/live-connection';
import { Button } from '../components/Button';
import styles from './ConnectionState.module.css';

const TEXTS: Record<LiveState, string> = {
  idle: 'Not live',
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  offline: 'Offline',
};

/** Whether what is on the page changes by itself just now, in a word and a colour. */
export function ConnectionState() {
  const state = useLiveState();
  const { live } = useApi();
  return (
    <span className={styles.connection}>
      <span className={`${styles.state} ${styles[state]}`} role="status">
        {TEXTS[state]}
      </span>
      {(state === 'reconnecting' || state === 'offline') && (
        <Button look="quiet" onPress={() => live.retryNow()}>
          Retry now
        </Button>
      )}
    </span>
  );
}
