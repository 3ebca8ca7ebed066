import { useEffect, useEffectEvent, type ReactNode } from 'react';
import { GraphqlFault, UNREACHABLE, type FieldProblem } from '../../access/graphql-post';
import { showControls } from '../format/hostile-text';
import { Button } from './Button';
import styles from './States.module.css';

interface StateProps {
  title: string;
  children?: ReactNode;
  /** What can be done about it. */
  action?: ReactNode;
  /** Read out at once: for what interrupts. */
  isAlert?: boolean;
}

/** What stands where there is nothing to list: why, and what to do. */
export function StatePanel({ title, children, action, isAlert = false }: StateProps) {
  return (
    <section className={styles.panel} role={isAlert ? 'alert' : undefined}>
      <h2>{title}</h2>
      {children && <div className={styles.text}>{children}</div>}
      {action && <div className={styles.action}>{action}</div>}
    </section>
  );
}

/** Shown after a moment only: what comes at once needs no announcement. */
export function Loading({ what = 'Loading' }: { what?: string }) {
  return (
    <div className={styles.loading} role="status">
      <span className={styles.spinner} aria-hidden="true" />
      {what}…
    </div>
  );
}

const EXPLANATIONS: Record<string, { title: string; advice: string }> = {
  [UNREACHABLE]: {
    title: 'The server does not answer',
    advice: 'See whether it runs and whether your network reaches it.',
  },
  NOT_FOUND: {
    title: 'Not found',
    advice: 'It may have been deleted, or it belongs to a project that you are not a member of.',
  },
  FORBIDDEN: {
    title: 'You may not see this',
    advice: 'Ask an admin of the project for the rights to it.',
  },
  RATE_LIMITED: { title: 'Too many requests', advice: 'Wait a moment.' },
  BAD_USER_INPUT: { title: 'The server did not accept this', advice: 'Change the filters, or the address.' },
};

const AGAIN_MS = 10_000;

interface FaultProps {
  fault: unknown;
  /** Left out where trying again would not help. */
  onRetry?: (() => void) | undefined;
}

/** A fault in words: what happened, what to do, and a way to try again. One that may pass is tried again by itself. */
export function FaultPanel({ fault, onRetry }: FaultProps) {
  const code = fault instanceof GraphqlFault ? (fault.code ?? '') : '';
  const { title, advice } = EXPLANATIONS[code] ?? {
    title: 'Something went wrong',
    advice: 'Try again; if it stays, the server’s log says more.',
  };
  const message = fault instanceof Error ? fault.message : String(fault);
  const problems = fault instanceof GraphqlFault ? fault.fields : [];
  const sentences = problems.length > 0 ? problems.map(problemSentence) : [message];
  const mayPass = onRetry !== undefined && !(fault instanceof GraphqlFault && fault.isFinal);
  const retry = useEffectEvent(() => onRetry?.());
  useEffect(() => {
    if (!mayPass) return;
    const timer = setTimeout(() => retry(), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [mayPass, fault]);
  return (
    <StatePanel isAlert title={title} action={onRetry && <Button onPress={onRetry}>Try again</Button>}>
      {sentences.map((sentence) => (
        <p key={sentence}>{showControls(sentence)}</p>
      ))}
      <p>{advice}</p>
    </StatePanel>
  );
}

/** "filter.agentId" is "agent id" to who reads a page. */
function problemSentence({ path, message }: FieldProblem): string {
  const name = path.split('.').at(-1) ?? path;
  return `${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${message}`;
}
