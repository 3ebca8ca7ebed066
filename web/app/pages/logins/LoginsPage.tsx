import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '../../api/api-context';
import { Age } from '../../components/Age';
import { Button } from '../../components/Button';
import { FaultPanel, Loading, StatePanel } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { useNow } from '../../components/use-now';
import panel from '../../components/Panel.module.css';
import { showControls, showName } from '../../format/hostile-text';
import { formatDuration } from '../../format/numbers';
import { formatExact, parseTime } from '../../format/times';
import {
  CheckLoginSessionDocument,
  RemoveLoginSessionDocument,
  type LoginDetailFragment,
} from '../../generated/graphql';
import { useCanOperate, useProject } from '../../shell/project-context';
import { usePageTitle } from '../../shell/use-page-title';
import { LoginForm } from './LoginForm';
import styles from './LoginsPage.module.css';
import { LoginStateBadge } from './LoginStateBadge';
import { useLoginSessions } from './use-login-sessions';

/** The accounts by which tasks are signed in to sites: how each stands, and how that came. */
export function LoginsPage() {
  const project = useProject();
  usePageTitle(`Logins of ${project.name}`);
  const canOperate = useCanOperate();
  /** False once the form was closed: then the focus comes back to what opens it. */
  const [isAdding, setAdding] = useState<boolean>();
  const { data, error, isPending, refetch, put, drop } = useLoginSessions();
  return (
    <div className={panel.page}>
      <header className={panel.head}>
        <h1>Logins</h1>
        {canOperate && !isAdding && (
          <Button autoFocus={isAdding === false} onPress={() => setAdding(true)}>
            Add a login
          </Button>
        )}
      </header>
      {isAdding && <LoginForm onSaved={put} onClose={() => setAdding(false)} />}
      {isPending && <Loading what="Loading logins" />}
      {error && !data && <FaultPanel fault={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && !isAdding && (
        <StatePanel title="No logins yet">
          <p>Scraping tasks that need to be signed in to a site use a login; it is looked after from here.</p>
        </StatePanel>
      )}
      {data?.map((session) => (
        <LoginCard key={session.id} session={session} onChecked={put} onRemoved={() => drop(session.id)} />
      ))}
    </div>
  );
}

interface CardProps {
  session: LoginDetailFragment;
  onChecked: (session: LoginDetailFragment) => void;
  onRemoved: () => void;
}

function LoginCard({ session, onChecked, onRemoved }: CardProps) {
  const { id, site, account, state, detail, checkedAt, nextCheckAt, expiresAt, history } = session;
  const { api } = useApi();
  const toasts = useToasts();
  const canOperate = useCanOperate();
  const check = useMutation({
    mutationFn: async () => (await api.request(CheckLoginSessionDocument, { id })).checkLoginSession,
    onSuccess: onChecked,
    onError: ({ message }) => toasts.show({ tone: 'bad', text: message }),
  });
  /** False once that was asked and denied. */
  const [isRemoving, setRemoving] = useState<boolean>();
  const remove = useMutation({
    mutationFn: () => api.request(RemoveLoginSessionDocument, { id }),
    onSuccess: onRemoved,
    onError: ({ message }) => toasts.show({ tone: 'bad', text: message }),
  });
  const name = `${showName(account, 100)} at ${showName(site, 100)}`;
  return (
    <section className={panel.card} aria-label={name}>
      <div className={panel.head}>
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <LoginStateBadge state={state} />
        {canOperate && (
          <div className={panel.bar}>
            <Button look="small" isPending={check.isPending} onPress={() => check.mutate()}>
              Check now
            </Button>
            {!isRemoving && (
              <Button look="small" autoFocus={isRemoving === false} onPress={() => setRemoving(true)}>
                Remove
              </Button>
            )}
          </div>
        )}
      </div>
      {isRemoving && (
        <div className={panel.bar} role="group" aria-label={`Remove ${name}`}>
          <span>Its secrets and its history go with it; tasks that use it will fail.</span>
          <Button look="small" autoFocus onPress={() => setRemoving(false)}>
            Keep it
          </Button>
          <Button look="small" isPending={remove.isPending} onPress={() => remove.mutate()}>
            Remove it
          </Button>
        </div>
      )}
      {detail !== null && <p className={panel.muted}>{showControls(detail)}</p>}
      <p className={panel.muted}>
        {checkedAt === null ? (
          'Not checked yet'
        ) : (
          <>
            Checked <Age at={checkedAt} isPhrase />
          </>
        )}
        {nextCheckAt !== null && (
          <>
            , next <Ahead at={nextCheckAt} />
          </>
        )}
        {expiresAt !== null && (
          <>
            ; its session ends <Ahead at={expiresAt} />
          </>
        )}
        .
      </p>
      {history.length > 0 && (
        <details className={styles.history}>
          <summary>History</summary>
          <ol>
            {history.map(({ from, to, at, detail: why }) => (
              <li key={`${at} ${to}`}>
                <Exact at={at} /> <LoginStateBadge state={from} /> → <LoginStateBadge state={to} />{' '}
                {why !== null && <span className={panel.muted}>{showControls(why)}</span>}
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}

/** A moment that is yet to come, in how long that is. */
function Ahead({ at }: { at: string }) {
  const nowMs = useNow(1_000);
  const ms = parseTime(at);
  if (ms === null) return null;
  const text = ms <= nowMs ? 'now' : `in ${formatDuration(ms - nowMs)}`;
  return (
    <time dateTime={at} title={formatExact(ms)}>
      {text}
    </time>
  );
}

function Exact({ at }: { at: string }) {
  const ms = parseTime(at);
  return <time dateTime={at}>{ms === null ? '–' : formatExact(ms)}</time>;
}
