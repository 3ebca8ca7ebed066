import { Badge } from '../../components/StatusBadge';
import type { LoginState } from '../../generated/graphql';

const LOOKS = {
  LOGGED_IN: { tone: 'good', sign: '✓', label: 'Signed in' },
  LOGGED_OUT: { tone: 'bad', sign: '✕', label: 'Signed out' },
  EXPIRING: { tone: 'warn', sign: '⏱', label: 'Expiring' },
  EXPIRED: { tone: 'bad', sign: '⏱', label: 'Expired' },
  CHALLENGED: { tone: 'warn', sign: '!', label: 'Challenged' },
  UNKNOWN: { tone: 'quiet', sign: '?', label: 'Unknown' },
} as const;

/** How a login stands, in a word, a sign and a colour. */
export function LoginStateBadge({ state }: { state: LoginState }) {
  const { tone, sign, label } = (LOOKS as Partial<typeof LOOKS>)[state] ?? LOOKS.UNKNOWN;
  return (
    <Badge tone={tone} sign={sign}>
      {label}
    </Badge>
  );
}
