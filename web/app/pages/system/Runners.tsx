import { Age } from '../../components/Age';
import { DataTable } from '../../components/DataTable';
import { Badge } from '../../components/StatusBadge';
import panel from '../../components/Panel.module.css';
import { showControls, showName } from '../../format/hostile-text';
import { formatBytes, formatCount } from '../../format/numbers';
import type { SystemPictureFragment } from '../../generated/graphql';

/** Whoever takes tasks from the queue. */
export function Workers({ workers }: Pick<SystemPictureFragment, 'workers'>) {
  return (
    <section className={panel.card} aria-labelledby="workers">
      <h2 id="workers">Workers</h2>
      {workers.length === 0 ? (
        <p className={panel.muted}>No worker takes tasks from the queue.</p>
      ) : (
        <DataTable label="Workers as a table" heads={['Name', 'Host', 'Version', 'Tasks', 'Since', 'Seen']}>
          {workers.map(({ id, name, hostname, version, runningTasks, capacity, startedAt, lastSeenAt }) => (
            <tr key={id}>
              <th scope="row">
                <bdi>{showName(name, 60)}</bdi>
              </th>
              <td>
                <bdi>{showName(hostname, 60)}</bdi>
              </td>
              <td>{showName(version, 40)}</td>
              <td>
                {formatCount(runningTasks)} of {formatCount(capacity)}
              </td>
              <td>
                <Age at={startedAt} />
              </td>
              <td>
                <Age at={lastSeenAt} isPhrase />
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </section>
  );
}

const TONES = {
  STARTING: 'quiet',
  IDLE: 'good',
  BUSY: 'busy',
  UNRESPONSIVE: 'bad',
  CLOSED: 'quiet',
} as const;

/** The browsers that scraping tasks and login checks are done by. */
export function Browsers({ pool }: { pool: SystemPictureFragment['browserInstances'] }) {
  const { available, reason, total, idle, busy, unresponsive, instances } = pool;
  return (
    <section className={panel.card} aria-labelledby="browsers">
      <h2 id="browsers">Browsers</h2>
      <p className={panel.muted}>
        {available
          ? `${formatCount(total)} running: ${formatCount(idle)} idle, ${formatCount(busy)} busy, ${formatCount(unresponsive)} unresponsive. They are started when they are needed.`
          : showControls(reason ?? 'There is no browser.')}
      </p>
      {instances.length > 0 && (
        <DataTable
          label="Browsers as a table"
          heads={['Worker', 'State', 'Pages', 'Memory', 'Since', 'Seen']}
        >
          {instances.map(({ id, worker, state, pages, memoryBytes, startedAt, lastSeenAt }) => (
            <tr key={id}>
              <th scope="row">
                <bdi>{showName(worker, 60)}</bdi>
              </th>
              <td>
                <Badge tone={(TONES as Partial<typeof TONES>)[state] ?? 'quiet'}>{state.toLowerCase()}</Badge>
              </td>
              <td>{formatCount(pages)}</td>
              <td>{formatBytes(memoryBytes)}</td>
              <td>
                <Age at={startedAt} />
              </td>
              <td>
                <Age at={lastSeenAt} isPhrase />
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </section>
  );
}
