import { useMutation } from '@tanstack/react-query';
import { useId, useMemo, useState } from 'react';
import { GraphqlFault } from '../../../access/graphql-post';
import { useApi } from '../../api/api-context';
import { Age } from '../../components/Age';
import { Button } from '../../components/Button';
import { problemAt } from '../../components/FormProblem';
import { Payload } from '../../components/Payload';
import { Badge } from '../../components/StatusBadge';
import { useToasts } from '../../components/Toasts';
import { showControls, showName } from '../../format/hostile-text';
import { JsonText } from '../../format/json-text';
import { formatExact, parseTime } from '../../format/times';
import { ResolveInterventionDocument, type InterventionCardFragment } from '../../generated/graphql';
import { useCanOperate } from '../../shell/project-context';
import styles from './InterventionPanel.module.css';

/** A newer server may know further kinds and statuses: those are shown as they are called. */
const KINDS: Partial<Record<string, string>> = {
  APPROVAL: 'Approval',
  QUESTION: 'Question',
  CORRECTION: 'Correction',
  TAKEOVER: 'Takeover',
};
const STATUSES: Partial<Record<string, { label: string; tone: 'good' | 'bad' | 'warn' | 'quiet' }>> = {
  OPEN: { label: 'Open', tone: 'warn' },
  ANSWERED: { label: 'Answered', tone: 'good' },
  APPROVED: { label: 'Approved', tone: 'good' },
  REJECTED: { label: 'Rejected', tone: 'bad' },
  EXPIRED: { label: 'Expired', tone: 'quiet' },
};
interface Props {
  intervention: InterventionCardFragment;
  taskId: string;
  /** It is about to make room for what it has become. */
  onAnswered: () => void;
}

/** What a human is asked for, and the way to answer it. */
export function InterventionPanel({ intervention, taskId, onAnswered }: Props) {
  const { api, queries } = useApi();
  const toasts = useToasts();
  const canOperate = useCanOperate();
  const [answer, setAnswer] = useState('');
  const id = useId();
  const { kind, status, reason, question, requestedAt, expiresAt, resolvedBy } = intervention;
  const resolve = useMutation({
    mutationFn: (status: 'APPROVED' | 'ANSWERED' | 'REJECTED') =>
      api.request(ResolveInterventionDocument, {
        input: { id: intervention.id, status, ...(answer.trim() === '' ? {} : { answer: answer.trim() }) },
      }),
    onSuccess: onAnswered,
    onError: (error) => {
      // Somebody else was quicker, or it expired: what is shown here now is not what was sent.
      if (!(error instanceof GraphqlFault) || error.code !== 'CONFLICT') return;
      toasts.show({ tone: 'bad', text: `Your answer was not taken. ${error.message}` });
      onAnswered();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['task', taskId] }),
  });
  const isApproval = kind === 'APPROVAL';
  const { label, tone } = STATUSES[status] ?? { label: showName(status, 40), tone: 'quiet' };
  const expiresMs = parseTime(expiresAt);
  const asked = useMemo(() => (question === null ? null : JsonText.from(question)), [question]);
  const answered = useMemo(
    () => (intervention.answer === null ? null : JsonText.from(intervention.answer)),
    [intervention.answer],
  );
  return (
    <section
      className={`${styles.panel} ${status === 'OPEN' ? styles.open : ''}`}
      aria-labelledby={`${id}-reason`}
    >
      <p className={styles.head}>
        <Badge tone={tone}>{label}</Badge>
        <strong>{KINDS[kind] ?? showName(kind, 40)}</strong>
        <span className={styles.muted}>
          asked <Age at={requestedAt} isPhrase />
          {status === 'OPEN' && expiresMs !== null && ` · expires ${formatExact(expiresMs)}`}
          {resolvedBy && ` · by ${resolvedBy.username}`}
        </span>
      </p>
      <p id={`${id}-reason`} className={styles.reason}>
        {showControls(reason)}
      </p>
      {asked && (
        <div className={styles.payload}>
          <Payload label="Question" value={asked} />
        </div>
      )}
      {answered && (
        <div className={styles.payload}>
          <Payload label="Answer" value={answered} />
        </div>
      )}
      {status === 'OPEN' && !canOperate && (
        <p className={styles.muted}>An operator of the project can answer it.</p>
      )}
      {status === 'OPEN' && canOperate && (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (!resolve.isPending) resolve.mutate(isApproval ? 'APPROVED' : 'ANSWERED');
          }}
        >
          <label htmlFor={`${id}-answer`}>{isApproval ? 'Note (optional)' : 'Answer'}</label>
          <textarea
            id={`${id}-answer`}
            rows={isApproval ? 1 : 3}
            required={!isApproval}
            value={answer}
            onChange={(event) => setAnswer(event.target.value)}
          />
          <div className={styles.actions}>
            <Button type="submit" look="primary" isPending={resolve.isPending}>
              {isApproval ? 'Approve' : 'Send the answer'}
            </Button>
            <Button look="danger" isPending={resolve.isPending} onPress={() => resolve.mutate('REJECTED')}>
              Reject
            </Button>
          </div>
          {resolve.error && (
            <p role="alert" className={styles.problem}>
              {problemAt(resolve.error, 'answer') ?? resolve.error.message}
            </p>
          )}
        </form>
      )}
    </section>
  );
}
