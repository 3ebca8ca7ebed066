import { Age } from '../../components/Age';
import { DataTable, Figures } from '../../components/DataTable';
import { FaultPanel, Loading } from '../../components/States';
import { useNow } from '../../components/use-now';
import panel from '../../components/Panel.module.css';
import { showControls } from '../../format/hostile-text';
import { formatBytes, formatDuration } from '../../format/numbers';
import { parseTime } from '../../format/times';
import type { SystemPictureFragment } from '../../generated/graphql';
import { usePageTitle } from '../../shell/use-page-title';
import { HealthBadge } from './HealthBadge';
import { Browsers, Workers } from './Runners';
import styles from './SystemPage.module.css';
import { useSystemState } from './use-system-state';

/** How Binnacle itself is: its parts, over all its processes. */
export function SystemPage() {
  usePageTitle('System');
  const { data, error, isPending, refetch } = useSystemState();
  return (
    <div className={`${panel.page} ${panel.wide}`}>
      <h1>System</h1>
      {isPending && <Loading what="Loading the state of the system" />}
      {error && <FaultPanel fault={error} onRetry={() => void refetch()} />}
      {data && (
        <>
          <Overall picture={data} />
          <Components components={data.components} />
          <Workers workers={data.workers} />
          <Browsers pool={data.browserInstances} />
        </>
      )}
    </div>
  );
}

function Overall({ picture }: { picture: SystemPictureFragment }) {
  const nowMs = useNow(1_000);
  const sinceMs = parseTime(picture.startedAt);
  const figures = [
    { label: 'Up for', value: formatDuration(sinceMs === null ? null : Math.max(0, nowMs - sinceMs)) },
    { label: 'Cores kept busy', value: picture.cpuLoad.toFixed(2) },
    { label: 'Memory', value: formatBytes(picture.memoryRssBytes) },
    { label: 'Event loop late by (P99)', value: formatDuration(picture.eventLoopDelayP99Ms) },
    { label: 'Version', value: picture.version },
  ];
  return (
    <section className={panel.card} aria-label="Over all">
      <p className={styles.overall} role="status">
        <HealthBadge health={picture.status} />
      </p>
      <Figures figures={figures} />
    </section>
  );
}

function Components({ components }: Pick<SystemPictureFragment, 'components'>) {
  return (
    <section className={panel.card} aria-labelledby="components">
      <h2 id="components">Components</h2>
      <DataTable
        label="Components as a table"
        heads={['Name', 'State', 'Answers in', 'Seen', 'What was seen']}
      >
        {components.map(({ name, health, latencyMs, observedAt, detail }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <HealthBadge health={health} />
            </td>
            <td>{formatDuration(latencyMs)}</td>
            <td>{observedAt === null ? 'never' : <Age at={observedAt} isPhrase />}</td>
            <td className={styles.detail}>{detail === null ? '' : showControls(detail)}</td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}
